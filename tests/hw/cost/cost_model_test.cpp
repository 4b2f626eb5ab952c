#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>

#include "base/text/config_error.h"
#include "base/text/enum_index.h"
#include "hw/cost/inventory.h"
#include "tests/hw/cost/shipped.h"

namespace bitbalance::test {
namespace {

constexpr std::array<Component, kComponents - 1> kCore = {
    Component::kPeArray,          Component::kWeightEncoder, Component::kWeightBuffer,
    Component::kActivationBuffer, Component::kOutputBuffer,  Component::kParameterBuffer,
    Component::kPostProcessor,    Component::kDma,           Component::kController};

/// Energy, or area, that is proportional to a constant: what is gone when it is 0.
double total_j(const Technology& technology, const Work& work) {
  const EnergyReport report = CostModel(technology, {}).energy(work);
  return report.core_j() + report.dram_j();
}

TEST_CASE("scaling factors are those of Stillmaker and Baas") {
  Technology t = shipped_technology();
  for (const auto& [voltage_v, from_45, from_40] :
       {std::tuple{1.0, 1.91, 2.20}, std::tuple{1.1, 2.41, 2.77}, std::tuple{1.2, 3.01, 3.47}}) {
    t.voltage_v = voltage_v;
    CHECK(energy_scale(t, 45, 0.9) == Approx(from_45).epsilon(0.005));
    CHECK(energy_scale(t, 40, 0.9) == Approx(from_40).epsilon(0.005));
  }
  CHECK(area_scale(t, 45) == Approx(1.5).epsilon(0.005));
  CHECK(area_scale(t, 40) == Approx(2.2).epsilon(0.15));
  CHECK(area_scale(t, 65) == 1);
}

TEST_CASE("the total is the sum of the components, and core and DRAM are apart") {
  for (const Width width : {Width::k8, Width::k16}) {
    const CostModel model(shipped_technology(), {});
    const Work work = busy_work(width);
    const EnergyReport report = model.energy(work);
    double core = 0, actions = 0;
    for (const Component component : kCore) core += report.component_j(component);
    CHECK(report.core_j() == Approx(core).epsilon(1e-12));
    for (std::size_t a = 0; a < kActions; ++a) actions += report.action_j[a];
    double cycles = 0;
    for (std::size_t c = 0; c < kComponents; ++c) cycles += report.clock_j[c] + report.leakage_j[c];
    CHECK(report.core_j() + report.dram_j() == Approx(actions + cycles).epsilon(1e-12));

    double area = 0;
    for (const Component component : kCore) area += model.area().component[enum_index(component)].total_mm2();
    CHECK(model.area().total_mm2() == Approx(area).epsilon(1e-12));
    CHECK(model.area().component[enum_index(Component::kDram)].total_mm2() == 0);
  }
}

TEST_CASE("an action costs its energy times its count") {
  AcceleratorConfig config;
  config.lookup_tables = 1;
  const CostModel model(shipped_technology(), config);
  for (const Width width : {Width::k8, Width::k16}) {
    for (std::size_t a = 0; a < kActions; ++a) {
      const auto action = static_cast<Action>(a);
      Work work;
      work.width = width;
      work.actions[a] = 12'345;
      const EnergyReport report = model.energy(work);
      CHECK(report.core_j() + report.dram_j() == Approx(12'345e-12 * model.action_pj(action, width)));
      CHECK(report.component_j(info(action).component) == report.action_j[a]);
      if (action != Action::kNullSlot) CHECK(report.action_j[a] > 0);
    }
  }
}

TEST_CASE("doubling a constant moves exactly its share") {
  const Width width = GENERATE(Width::k8, Width::k16);
  Technology base = shipped_technology();
  base.layout.null_slot_share.value = 0.25;  // so that it has a share
  base.layout.energy.value = 1;              // multiplies others: tested below
  const Work work = busy_work(width);
  const double before_j = total_j(base, work);
  for (const NamedConstant& named : constants_of(base)) {
    INFO(named.path);
    if (std::strncmp(named.path, "layout.energy", 13) == 0 ||
        std::strncmp(named.path, "layout.density", 14) == 0)
      continue;
    // Not from 0: gates and adders may cost no more than the block of carry-save adders that has such.
    const double value = named.constant->value;
    named.constant->value = 2 * value;
    const double share_j = total_j(base, work) - before_j;
    named.constant->value = 3 * value;
    CHECK(total_j(base, work) - before_j == Approx(2 * share_j).margin(before_j * 1e-12));
    named.constant->value = value;
    const bool costs_energy = named.constant->unit != Unit::kSquareMicrometre &&
                              (named.constant == &base.dram.energy_per_bit[enum_index(base.dram.type)] ||
                               std::strncmp(named.path, "dram.", 5) != 0);
    CHECK((share_j > before_j * 1e-9) == costs_energy);
  }
}

TEST_CASE("doubling a constant of one kind of part moves only what uses it") {
  Technology t = shipped_technology();
  const Work work = busy_work(Width::k8);
  const EnergyReport before = CostModel(t, {}).energy(work);
  const AreaReport area_before = CostModel(t, {}).area();

  SECTION("carry-save adders: the post-processor alone") {
    t.logic.carry_save.block.energy.value *= 2;
    const EnergyReport after = CostModel(t, {}).energy(work);
    for (const Component component : kCore) {
      if (component == Component::kPostProcessor) continue;
      CHECK(after.component_j(component) == before.component_j(component));
    }
    CHECK(after.component_j(Component::kPostProcessor) > before.component_j(Component::kPostProcessor));
  }
  SECTION("DRAM: twice the DRAM, the same core") {
    t.dram.energy_per_bit[enum_index(t.dram.type)].value *= 2;
    const EnergyReport after = CostModel(t, {}).energy(work);
    CHECK(after.core_j() == before.core_j());
    CHECK(after.dram_j() == Approx(2 * before.dram_j()));
  }
  SECTION("layout energy: logic's actions and clock, neither SRAM nor leakage") {
    t.layout.energy.value *= 2;
    const EnergyReport after = CostModel(t, {}).energy(work);
    CHECK(after.component_j(Component::kWeightBuffer) == before.component_j(Component::kWeightBuffer));
    CHECK(after.leakage_j == before.leakage_j);
    const auto pe = static_cast<std::size_t>(Action::kShiftAdd);
    CHECK(after.action_j[pe] == Approx(2 * before.action_j[pe]));
  }
  SECTION("density: logic's area, inversely") {
    t.layout.density.value /= 2;
    const AreaReport after = CostModel(t, {}).area();
    CHECK(after.sram_mm2() == area_before.sram_mm2());
    CHECK(after.total_mm2() - after.sram_mm2() ==
          Approx(2 * (area_before.total_mm2() - area_before.sram_mm2())));
  }
  SECTION("register area: linear, and no energy") {
    t.logic.register_bit.area.value *= 2;
    const double once = CostModel(t, {}).area().total_mm2() - area_before.total_mm2();
    t.logic.register_bit.area.value *= 1.5;
    CHECK(CostModel(t, {}).area().total_mm2() - area_before.total_mm2() == Approx(2 * once));
    CHECK(CostModel(t, {}).energy(work).core_j() == before.core_j());
  }
  SECTION("SRAM: reads and writes of the buffers") {
    for (SramPoint& point : t.sram.points) point.read_pj *= 2;
    const EnergyReport after = CostModel(t, {}).energy(work);
    const auto read = static_cast<std::size_t>(Action::kWeightWordRead);
    const auto write = static_cast<std::size_t>(Action::kWeightWordWrite);
    CHECK(after.action_j[read] == Approx(2 * before.action_j[read]));
    CHECK(after.action_j[write] == before.action_j[write]);
    CHECK(after.component_j(Component::kPeArray) == before.component_j(Component::kPeArray));
  }
}

TEST_CASE(
    "a shift-add is a shifter, an adder and an accumulator of its width, a null slot clocks the latter") {
  const Technology t = shipped_technology();
  const CostModel model(t, {});
  // 9 bits shifted by up to 15: stages of 10, 12, 16 and 24; a 32-bit shifter has 5 of 32.
  // Then the negation of 24 bits.
  const double muxes = 10 + 12 + 16 + 24 + 24;
  const double pj_40nm = 0.2104162 * 32 / 32 + 0.4172512 * muxes / 160 + 32 * (7.936518e-3 + 1.062977e-3);
  CHECK(model.action_pj(Action::kShiftAdd, Width::k8) == Approx(1.5 * energy_scale(t, 40, 0.9) * pj_40nm));
  CHECK(model.action_pj(Action::kShiftAdd, Width::k16) > model.action_pj(Action::kShiftAdd, Width::k8));
  CHECK(model.action_pj(Action::kNullSlot, Width::k8) ==
        Approx(1.5 * energy_scale(t, 40, 0.9) * 32 * 7.936518e-3));
  CHECK(model.action_pj(Action::kDramReadByte, Width::k8) == 64);
}

TEST_CASE("a 16-bit look-up reads two words and follows a line, an 8-bit one reads a word") {
  const Technology t = shipped_technology();
  AcceleratorConfig config;
  const CostModel model(t, config);
  config.lookup_tables = 0;
  const CostModel without(t, config);
  const double word = SramModel(t.sram.points).bank(2 * 129 * 2, 16).read_pj;
  const double cells = 1.5 * energy_scale(t, 40, 0.9);
  const double code = 16 * (7.936518e-3 + 1.062977e-3);
  CHECK(model.action_pj(Action::kLookup, Width::k8) == Approx(word + cells * (0.4172512 * 40 / 160 + code)));
  // A multiplier of 17 x 8: 6 rows of 25 bits, without the 28 below them, of a 32 x 32 one's 30 of 64 without
  // 496.
  const double carry_save = (12.68341 - 1024 * 0.0180559 / 32 - 64 * 0.2104162 / 32) / (30 * 64 - 496);
  const double line = 17 * 8 * 0.0180559 / 32 + (6 * 25 - 28) * carry_save + 0.2104162 * (25 + 42) / 32;
  CHECK(model.action_pj(Action::kLookup, Width::k16) ==
        Approx(2 * word + cells * (0.4172512 * 40 / 160 + line + code)));
  const double write = SramModel(t.sram.points).bank(2 * 129 * 2, 16).write_pj;
  CHECK(model.action_pj(Action::kTableWrite, Width::k16) == Approx(64 * write));
  CHECK(model.action_pj(Action::kTableWrite, Width::k8) == Approx(32 * write));
  CHECK(without.action_pj(Action::kLookup, Width::k16) == 0);
}

TEST_CASE("clock and leakage are paid by the cycle and the second") {
  AcceleratorConfig slow;
  slow.clock_hz = 0.5e9;
  Work work;
  work.cycles = 1'000;
  const EnergyReport fast_report = CostModel(shipped_technology(), {}).energy(work);
  const EnergyReport slow_report = CostModel(shipped_technology(), slow).energy(work);
  for (const Component component : kCore) {
    const auto c = static_cast<std::size_t>(component);
    CHECK(slow_report.clock_j[c] == fast_report.clock_j[c]);
    CHECK(slow_report.leakage_j[c] == Approx(2 * fast_report.leakage_j[c]));
    CHECK(fast_report.leakage_j[c] > 0);
  }
  CHECK(fast_report.dram_j() == 0);
}

TEST_CASE("more of anything in the accelerator never makes it smaller") {
  rc::prop("area grows with every size", [] {
    AcceleratorConfig config;
    config.rows = *rc::gen::inRange(1, 32);
    config.columns = *rc::gen::inRange(1, 32);
    config.lookup_tables = 0;
    config.weight_bank_bytes = 8 * *rc::gen::inRange(8, 4096);
    config.activation_buffer_bytes = 1024 * *rc::gen::inRange(1, 256);
    config.output_buffer_bytes = 1024 * *rc::gen::inRange(1, 256);
    config.parameter_buffer_bytes = 16 * *rc::gen::inRange(4, 1024);
    config.queue_depth = *rc::gen::inRange(1, 64);
    const Technology technology = shipped_technology();
    const double area = CostModel(technology, config).area().total_mm2();
    const auto grows = [&](auto change) {
      AcceleratorConfig larger = config;
      change(larger);
      RC_ASSERT(CostModel(technology, larger).area().total_mm2() > area);
    };
    grows([](AcceleratorConfig& c) { ++c.rows; });
    grows([](AcceleratorConfig& c) { c.weight_bank_bytes *= 2; });
    grows([](AcceleratorConfig& c) { c.activation_buffer_bytes *= 2; });
    grows([](AcceleratorConfig& c) { c.output_buffer_bytes *= 2; });
    grows([](AcceleratorConfig& c) { c.parameter_buffer_bytes *= 2; });
    grows([](AcceleratorConfig& c) { ++c.queue_depth; });
    grows([](AcceleratorConfig& c) { c.lookup_tables = 1; });
    config.lookup_tables = 1;
    const double with_table = CostModel(technology, config).area().total_mm2();
    config.lookup_tables = 2;
    RC_ASSERT(CostModel(technology, config).area().total_mm2() > with_table);
  });
}

TEST_CASE("each stage costs the registers in front of it, in area and in energy") {
  const Technology technology = shipped_technology();
  AcceleratorConfig uncut;
  uncut.pipeline = {1, 1, 1, 1};
  const CostModel plain(technology, uncut);
  const auto costs_more = [&](auto change, Component component, Action action) {
    AcceleratorConfig config = uncut;
    change(config.pipeline);
    const CostModel deep(technology, config);
    for (const Component other : kCore) {
      const bool is_changed = other == component || (component == Component::kActivationBuffer &&
                                                     other == Component::kWeightEncoder);  // tokens wait
      const double area = plain.area().component[enum_index(other)].total_mm2();
      CAPTURE(to_string(other));
      CHECK((deep.area().component[enum_index(other)].total_mm2() > area) == is_changed);
    }
    CHECK(deep.action_pj(action, Width::k8) > plain.action_pj(action, Width::k8));
    CHECK(deep.action_pj(action, Width::k16) > plain.action_pj(action, Width::k16));
  };
  costs_more([](PipelineConfig& p) { p.pe = 2; }, Component::kPeArray, Action::kShiftAdd);
  costs_more([](PipelineConfig& p) { p.pe = 2; }, Component::kPeArray, Action::kNullSlot);
  costs_more([](PipelineConfig& p) { p.activation_read = 2; }, Component::kActivationBuffer,
             Action::kActivationRead);
  costs_more([](PipelineConfig& p) { p.multiply = 2; }, Component::kPostProcessor, Action::kRequantize);
  costs_more([](PipelineConfig& p) { p.clamp = 2; }, Component::kPostProcessor, Action::kRequantize);
}

TEST_CASE("what waits in a queue of stages is clocked in every cycle") {
  Work cycle;
  cycle.cycles = 1;
  const auto clock_j = [&](const PipelineConfig& pipeline) {
    AcceleratorConfig config;
    config.pipeline = pipeline;
    return CostModel(shipped_technology(), config).energy(cycle).clock_j;
  };
  const double bit_j = 1.5 * energy_scale(shipped_technology(), 40, 0.9) * 7.936518e-15;
  const auto of = [&](const PipelineConfig& pipeline, Component component) {
    return (clock_j(pipeline)[enum_index(component)] - clock_j({1, 1, 1, 1})[enum_index(component)]) / bit_j;
  };
  // A byte lane's activation has 9 bits, a row's token 8. A slot: 2 bits of each row, and 23.
  CHECK(of({1, 3, 1, 1}, Component::kActivationBuffer) == Approx(2 * 64 * 9));
  CHECK(of({1, 3, 1, 1}, Component::kWeightEncoder) == Approx(2 * 32 * 8));
  CHECK(of({2, 1, 1, 1}, Component::kPeArray) == Approx(32 * 2 + 23));
}

TEST_CASE("more ports make memories larger, and nothing else") {
  const Technology technology = shipped_technology();
  const auto area = [&](SramPorts ports) {
    AcceleratorConfig config;
    config.sram_ports = ports;
    return CostModel(technology, config).area();
  };
  const AreaReport one = area(SramPorts::kShared), mixed = area(SramPorts::kMixed),
                   two = area(SramPorts::kTwoPort), more = area(SramPorts::kPerUnit);
  for (const Component component : kCore) {
    CAPTURE(to_string(component));
    const ComponentArea& before = one.component[enum_index(component)];
    const ComponentArea& between = two.component[enum_index(component)];
    const ComponentArea& after = more.component[enum_index(component)];
    const bool rare = component == Component::kWeightBuffer || component == Component::kParameterBuffer ||
                      component == Component::kPostProcessor;  // its tables
    CHECK(mixed.component[enum_index(component)].sram_mm2 == (rare ? before : between).sram_mm2);
    CHECK(after.logic_mm2 == before.logic_mm2);
    CHECK(between.logic_mm2 == before.logic_mm2);
    CHECK((between.sram_mm2 > before.sram_mm2) == (before.sram_mm2 > 0));
    const bool meet =  // units that both read, or both write
        component == Component::kOutputBuffer || component == Component::kParameterBuffer;
    CHECK((after.sram_mm2 > between.sram_mm2) == meet);
  }
  Technology without = technology;
  without.sram.more_ports.clear();
  AcceleratorConfig config;
  config.sram_ports = SramPorts::kShared;
  CHECK_NOTHROW(CostModel(without, config));
  for (const SramPorts ports : {SramPorts::kMixed, SramPorts::kTwoPort, SramPorts::kPerUnit}) {
    config.sram_ports = ports;
    CHECK_THROWS_AS(CostModel(without, config), ConfigError);
  }
}

TEST_CASE("energy of layers adds up to the energy of the run") {
  const CostModel model(shipped_technology(), {});
  Work first = busy_work(Width::k8), second = busy_work(Width::k8), both = busy_work(Width::k8);
  second.cycles = 77;
  both.cycles += 77;
  for (std::size_t a = 0; a < kActions; ++a) both.actions[a] += second.actions[a];
  EnergyReport sum = model.energy(first);
  sum += model.energy(second);
  CHECK(sum.core_j() == Approx(model.energy(both).core_j()));
  CHECK(sum.dram_j() == Approx(model.energy(both).dram_j()));
}

}  // namespace
}  // namespace bitbalance::test
