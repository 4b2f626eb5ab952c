// Level `analytic` under a timed DRAM reports what level `tlm` does: cycles, activities and events of every
// layer, and all that the memory counts, its energy included.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <systemc>

#include "testbench/run/analytic.h"
#include "testbench/run/timing/dram_bursts.h"
#include "tests/support/random/random_case.h"
#include "tests/testbench/run/level_accounts.h"
#include "tests/tlm/dram/random_dram.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

const std::string kScenarios = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/";
constexpr const char* kPresets[] = {"ddr3-1600", "ddr4-2400", "lpddr4-3200"};

/// Cases of a test; the environment may ask for more.
std::uint64_t cases(std::uint64_t here) {
  const char* const count = std::getenv("BITBALANCE_RANDOM_DRAMS");
  return count == nullptr ? here : std::stoull(count);
}

std::string figures(const RunReport& report) {
  std::string text = accounts(report) + '\n';
  for (const Statistic& statistic : report.memory)
    text += fmt::format("{} {:a}\n", statistic.name, statistic.number());
  return text;
}

std::string at_tlm(Scenario scenario, const Workload& workload) {
  scenario.run.level = Level::kTlm;
  return in_child([&] {
    RunReport report;
    report.scenario = scenario;
    Simulation simulation(scenario, workload);
    simulation.run(report, [](const char* /*phase*/, double) {});
    report.memory = simulation.system().memory->statistics();
    return figures(report);
  });
}

/// Whatever is still queued at the end of a run.
void check_that_all_is_written(const RunReport& report) {
  std::int64_t stored = 0;
  for (const LayerReport& layer : report.layers) stored += layer.profile.events[Event::kDramWrite];
  const auto written = std::find_if(report.memory.begin(), report.memory.end(),
                                    [](const Statistic& s) { return std::string(s.name) == "write_bytes"; });
  REQUIRE(written != report.memory.end());
  CHECK(std::get<std::int64_t>(written->value) == stored);
}

std::string at_analytic(Scenario scenario, const Workload& workload) {
  scenario.run.level = Level::kAnalytic;
  RunReport report;
  report.scenario = scenario;
  run_analytic({workload.network, static_cast<int>(workload.images.size())}, report);
  check_that_all_is_written(report);
  return figures(report);
}

TEST_CASE("random networks on random machines and DRAMs: levels analytic and tlm report the same") {
  for (std::uint64_t seed = 0; seed < cases(150); ++seed) {
    INFO("seed " << seed);
    const RandomCase c = make_random_case(seed);
    RandomDraw draw(seed);
    Scenario scenario;
    scenario.accelerator = c.config;
    scenario.accelerator.clock_hz = draw.pick({1e9, 0.8e9, 0.333e9, 1.7e9});
    scenario.accelerator.dram.max_outstanding = draw.pick({1, 2, 5, 16, 64});
    scenario.accelerator.dram.use_nb_transport = draw.chance(0.8);
    MapperOptions mapping;
    mapping.batch = scenario.network.batch = draw.uniform(1, 3);
    mapping.barrier = scenario.mapping.barrier =
        draw.pick({LayerBarrier::kNone, LayerBarrier::kCommand, LayerBarrier::kLayer});
    fit_buffers(c.network, scenario.accelerator, mapping);
    scenario.mapping.effort = seed % 5 == 0 ? MappingEffort::kGood : MappingEffort::kFast;
    scenario.memory.model = MemoryKind::kTimed;
    scenario.memory.dram.config = dram::test::random_dram(draw);
    scenario.memory.dram.config.power = dram::test::kPower;
    // Images that the batches do not divide into, too.
    Workload workload{c.network, c.images, {}};
    for (int more = draw.uniform(0, 3); more > 0; --more) workload.images.push_back(c.images.front());
    REQUIRE(at_analytic(scenario, workload) == at_tlm(scenario, workload));
  }
}

void check_presets(const std::string& name, const std::vector<SettingOverride>& settings) {
  for (const std::string preset : kPresets) {
    INFO(name << ", " << preset);
    std::vector<SettingOverride> overrides = {{"memory=" + kScenarios + "memory/" + preset + ".yaml", ""}};
    overrides.insert(overrides.end(), settings.begin(), settings.end());
    const Scenario scenario = load_scenario(kScenarios + name + ".yaml", overrides);
    const Workload workload = prepare_workload(scenario, [](double) {});
    CHECK(at_analytic(scenario, workload) == at_tlm(scenario, workload));
  }
}

TEST_CASE("shipped networks on shipped DRAMs: levels analytic and tlm report the same") {
  check_presets("lenet", {{"network.count=3", ""}, {"network.batch=2", ""}});
  check_presets("fashion", {{"network.count=2", ""}, {"memory.controller.self_refresh_after=200", ""}});
}

TEST_CASE("ImageNet's networks on shipped DRAMs: levels analytic and tlm report the same", "[.networks]") {
  for (const char* const name : {"alexnet", "googlenet", "resnet50", "vgg16"})
    check_presets(name, {{"run.golden=sampled", ""}});
}

TEST_CASE("the period of a clock is the simulator's") {
  for (const double hz : {1e9, 0.8e9, 0.333e9, 1.7e9, 3e9, 48e3, 1.0, 666'666'667.0}) {
    AcceleratorConfig config;
    config.clock_hz = hz;
    CHECK(period_ps(config) == sc_core::sc_time(1.0 / hz, sc_core::SC_SEC).value());
  }
}

TEST_CASE("a DRAM that is too small for the network is refused") {
  Scenario scenario = load_scenario(kScenarios + "lenet.yaml");
  scenario.memory.model = MemoryKind::kTimed;
  scenario.memory.dram.config = dram::test::ddr3();
  scenario.memory.dram.config.geometry.rows = 1;
  RunReport report;
  report.scenario = scenario;
  CHECK_THROWS_WITH(run_analytic(prepare_timing_workload(scenario), report), Contains("rows for the"));
}

}  // namespace
}  // namespace bitbalance::test
