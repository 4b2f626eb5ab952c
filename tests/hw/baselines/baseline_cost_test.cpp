// Area and energy of the other arrays: sums of their parts, and sized by one rule at a time.
#include <catch2/catch.hpp>

#include <cstring>
#include <functional>
#include <numeric>

#include "base/text/enum_index.h"
#include "hw/baselines/baseline_cost.h"
#include "hw/baselines/baseline_kind.h"
#include "hw/baselines/sizing.h"
#include "hw/baselines/structure.h"
#include "tests/hw/cost/shipped.h"

namespace bitbalance::test {
namespace {

constexpr BaselineWork kWork = {1'000'003, 200'017, 100'049, 30'013, 50'021, 10'007, 30'011, 20'021};

const BaselineKind& kind(const char* name) {
  return *find_baseline(name);
}

Baseline of(const BaselineKind& kind, int rows = 8, int columns = 4) {
  Baseline baseline(kind);
  baseline.rows = rows;
  baseline.columns = columns;
  return baseline;
}

BaselineWidths widths(Width width) {
  return width == Width::k16 ? BaselineWidths{width, 16, 48} : BaselineWidths{width, 8, 32};
}

double total_j(const ComponentEnergies& energy) {
  return std::accumulate(energy.begin(), energy.end(), 0.0,
                         [](double sum, const ComponentEnergy& e) { return sum + e.total_j(); });
}

TEST_CASE(
    "energy of another array is the sum of its actions' shares, and doubling a constant moves its share") {
  const Width width = GENERATE(Width::k8, Width::k16);
  Technology technology = shipped_technology();
  technology.layout.null_slot_share.value = 0.25;  // so that it has a share
  for (const BaselineKind* kind : baseline_kinds()) {
    INFO(kind->name());
    const auto energy_j = [&] {
      return total_j(BaselineCost(technology, {}, of(*kind), widths(width)).energy(busy_work(width), kWork));
    };
    const double before_j = energy_j();
    double shares_j = 0;
    for (const NamedConstant& named : constants_of(technology)) {
      INFO(named.path);
      if (std::strncmp(named.path, "layout.", 7) == 0) continue;  // factors of others
      const double value = named.constant->value;
      named.constant->value = 2 * value;
      const double share_j = energy_j() - before_j;
      named.constant->value = 3 * value;
      CHECK(energy_j() - before_j == Approx(2 * share_j).margin(before_j * 1e-12));
      named.constant->value = value;
      shares_j += share_j;
    }
    const auto make_free = [](std::vector<SramPoint>& points) {
      for (SramPoint& point : points) point.read_pj = point.write_pj = point.leakage_mw = 1e-9;
    };
    make_free(technology.sram.points);
    for (SramMacros& macros : technology.sram.more_ports) make_free(macros.points);
    const double without_sram_j = energy_j();
    technology.sram = shipped_technology().sram;
    CHECK(before_j == Approx(shares_j + before_j - without_sram_j).epsilon(1e-9));
  }
}

TEST_CASE("each action of another array costs energy in its component, in proportion to its count") {
  const Technology technology = shipped_technology();
  for (const BaselineKind* kind : baseline_kinds()) {
    INFO(kind->name());
    const BaselineCost model(technology, {}, of(*kind), widths(Width::k8));
    const auto array_j = [&](const BaselineWork& work) {
      const ComponentEnergies energy = model.energy({}, work);
      CHECK(total_j(energy) == Approx(energy[enum_index(Component::kPeArray)].total_j() +
                                      energy[enum_index(Component::kWeightEncoder)].total_j()));
      return energy;
    };
    BaselineWork work;
    work.weights = 1000;
    CHECK(array_j(work)[enum_index(Component::kPeArray)].total_j() == 0);
    CHECK(array_j(work)[enum_index(Component::kWeightEncoder)].total_j() > 0);
    work = {};
    for (std::int64_t* count :
         {&work.terms, &work.pe_cycles, &work.waiting_pe_cycles, &work.drains, &work.activations}) {
      *count = 1000;
      const double once_j = total_j(array_j(work));
      *count = 3000;
      CHECK(once_j > 0);
      CHECK(total_j(array_j(work)) == Approx(3 * once_j));
      *count = 0;
    }
    // By the shipped null_slot_share only what is clocked costs: of lanes, what Bitlet picked.
    work.idle_terms = 1000;
    CHECK((total_j(array_j(work)) > 0) == (std::strcmp(kind->name(), "bitlet") == 0));
  }
}

TEST_CASE("a PE that waits is clocked as one that works, and adds nothing") {
  Technology technology = shipped_technology();
  for (Constant* constant : {&technology.logic.adder.energy, &technology.logic.shifter.energy,
                             &technology.logic.gates.energy, &technology.logic.register_bit.data})
    constant->value *= 1e-9;
  technology.logic.carry_save.block.energy.value *= 1e-9;
  for (const BaselineKind* kind : baseline_kinds()) {
    INFO(kind->name());
    const BaselineCost model(technology, {}, of(*kind), widths(Width::k8));
    BaselineWork working, waiting;
    working.pe_cycles = waiting.waiting_pe_cycles = 1000;
    CHECK(total_j(model.energy({}, waiting)) == Approx(total_j(model.energy({}, working))).epsilon(1e-6));
  }
}

TEST_CASE("a lane without a term costs the share that our null slots cost") {
  Technology technology = shipped_technology();
  technology.layout.null_slot_share.value = 0.5;
  const BaselineCost model(technology, {}, of(kind("stripes")), widths(Width::k8));
  BaselineWork terms, idle;
  terms.terms = 500;
  idle.idle_terms = 1000;
  CHECK(total_j(model.energy({}, idle)) == Approx(total_j(model.energy({}, terms))));
}

TEST_CASE("another array changes the array's and the encoder's area and nothing else") {
  const Technology technology = shipped_technology();
  AcceleratorConfig narrow;
  narrow.pe.lanes = PeLanes::kNarrow;
  const AreaReport ours = CostModel(technology, narrow).area();  // an array of 8 bits has no more around it
  for (const BaselineKind* kind : baseline_kinds()) {
    const AreaReport area = BaselineCost(technology, {}, of(*kind), widths(Width::k8)).area();
    for (std::size_t c = 0; c < kComponents; ++c) {
      const auto component = static_cast<Component>(c);
      if (component == Component::kPeArray || component == Component::kWeightEncoder) continue;
      CHECK(area.component[c].total_mm2() == ours.component[c].total_mm2());
    }
    const double array = array_mm2(PriceList(technology), of(*kind), widths(Width::k8));
    CHECK(area.total_mm2() - ours.total_mm2() ==
          Approx(array - ours.component[0].total_mm2() - ours.component[1].total_mm2()).margin(1e-9));
    CHECK(array_mm2(PriceList(technology), of(*kind, 16, 8), widths(Width::k8)) > 2 * array);
    CHECK(array_mm2(PriceList(technology), of(*kind), widths(Width::k16)) > array);
  }
}

TEST_CASE("a dense lane is a multiplier, a bit-serial one is smaller") {
  const PriceList prices(shipped_technology());
  const double dense = array_mm2(prices, of(kind("dense")), widths(Width::k8));
  for (const char* serial : {"stripes", "pragmatic", "bitvert"})
    CHECK(array_mm2(prices, of(kind(serial)), widths(Width::k8)) < dense);
}

TEST_CASE("equal lanes: as many as fit, rows a power of two, nearly square") {
  const auto sized = [](const char* name, int lanes) {
    const Baseline b = largest_array(kind(name), TokenForm::kBinary, [lanes](const Baseline& candidate) {
      return candidate.rows * candidate.columns * candidate.lanes <= lanes;
    });
    return std::pair(b.rows, b.columns);
  };
  CHECK(sized("dense", 2048) == std::pair(16, 8));
  CHECK(sized("bitlet", 2048) == std::pair(8, 4));
  CHECK(sized("bitwave", 2048) == std::pair(16, 16));
  CHECK(sized("bitlet", 1024) == std::pair(4, 4));
  CHECK(sized("bitlet", 64) == std::pair(1, 1));
}

TEST_CASE("the fastest array has the fewest cycles, and of as many the fewest PEs") {
  const auto fits = [](const Baseline& b) { return b.rows * b.columns <= 160; };
  const auto fastest = [&](const std::function<int(const Baseline&)>& cycles) {
    const Baseline b =
        fastest_array(kind("dense"), TokenForm::kBinary, fits,
                      [&](const Baseline& array, std::int64_t /*most*/) { return cycles(array); });
    return std::pair(b.rows, b.columns);
  };
  CHECK(fastest([](const Baseline& b) { return 100'000 / (b.rows * b.columns); }) == std::pair(16, 10));
  // Eight columns are fed in time, ten are not.
  CHECK(fastest([](const Baseline& b) { return (b.columns > 8 ? 2 : 1) * 100'000 / (b.rows * b.columns); }) ==
        std::pair(16, 8));
  CHECK(fastest([](const Baseline& /*b*/) { return 7; }) == std::pair(1, 1));
}

TEST_CASE("equal area: not larger, and no column more") {
  const PriceList prices(shipped_technology());
  constexpr double kBudget = 4.8;
  for (const BaselineKind* kind : baseline_kinds()) {
    INFO(kind->name());
    Baseline b = largest_array(*kind, TokenForm::kBinary, [&](const Baseline& candidate) {
      return array_mm2(prices, candidate, widths(Width::k8)) <= kBudget;
    });
    CHECK(array_mm2(prices, b, widths(Width::k8)) <= kBudget);
    if (b.columns == b.rows) continue;
    ++b.columns;
    CHECK(array_mm2(prices, b, widths(Width::k8)) > kBudget);
  }
}

TEST_CASE("an array reads its weights for each group of pixels, its activations for each group of channels") {
  Baseline baseline = of(kind("dense"), 2, 4);
  const std::vector<std::int16_t> weights(5 * 10, 1);
  BaselineLayer layer;
  layer.weights = weights.data();
  layer.output_channels = 5;
  layer.kernel = 10;
  layer.pixels = 9;
  const BaselineCycles cycles = layer_cycles(baseline, layer);
  const BaselineWork work = array_work(baseline, layer, cycles);
  CHECK(work.weights == 50 * 3);
  CHECK(weight_words(baseline, layer) == 5 * 2 * 3);  // 80 bits: two words
  CHECK(work.activations == 3 * 10 * 9);
  CHECK(work.drains == 45);
  CHECK(work.terms == 450);
  CHECK(work.idle_terms == 45 * 16 - 450);
}

/// Full adders that leave one bit of `inputs` at each position: each takes three bits of one position, and
/// gives a bit of that and one of the next.
int full_adders(int inputs) {
  int adders = 0;
  for (int bits = inputs, carries = 0; bits != 0; bits = carries, carries = 0) {
    for (; bits > 2; bits -= 2, ++carries) ++adders;
    REQUIRE(bits == 1);
  }
  return adders;
}

TEST_CASE("a counter of ones has the full adders that reduce its inputs to their number") {
  for (int bits = 2; bits <= 8; ++bits) {
    const int inputs = (1 << bits) - 1;  // as many as numbers of that many bits count
    CHECK(counter_bits(inputs) == full_adders(inputs));
  }
  CHECK(counter_bits(16) == 12);  // the sixteenth bit takes one more
}

TEST_CASE("signed digits take an adder one bit wider than the number, and binary terms take nothing") {
  for (const int bits : {1, 7, 8, 15, 16}) {
    const Logic digits = recoder(TokenForm::kSignedDigit, bits);
    CHECK(digits.adder_bits == bits + 1);
    CHECK(digits.mux_bits + digits.carry_save_bits + digits.gates + digits.register_bits == 0);
    const Logic binary = recoder(TokenForm::kBinary, bits);
    CHECK(binary.adder_bits + binary.mux_bits + binary.carry_save_bits + binary.gates +
              binary.register_bits ==
          0);
  }
}

void check_equal(const Logic& a, const Logic& b) {
  CHECK(a.adder_bits == Approx(b.adder_bits));
  CHECK(a.mux_bits == Approx(b.mux_bits));
  CHECK(a.carry_save_bits == Approx(b.carry_save_bits));
  CHECK(a.gates == Approx(b.gates));
  CHECK(a.register_bits == Approx(b.register_bits));
}

TEST_CASE("signed digits have a position more than a magnitude has bits, which is priced") {
  const auto structure = [](const char* name, TokenForm form, int weight_bits) {
    Baseline baseline(kind(name));
    baseline.terms = form;
    return baseline.kind->structure(baseline, {Width::k8, weight_bits, 32});
  };
  for (const int weight_bits : {4, 8, 9, 15}) {
    CAPTURE(weight_bits);
    const Logic weight_digits = recoder(TokenForm::kSignedDigit, weight_bits - 1);
    const Structure pragmatic = structure("pragmatic", TokenForm::kSignedDigit, weight_bits);
    const Structure wider = structure("pragmatic", TokenForm::kBinary, weight_bits + 1);
    check_equal(pragmatic.term.exists, wider.term.exists);
    check_equal(pragmatic.tree, wider.tree);
    CHECK(pragmatic.sum_bits == wider.sum_bits);
    // The buffers in front hold the weights as they are.
    check_equal(pragmatic.weight.exists + held_registers(2), wider.weight.exists + weight_digits);

    const Structure laconic = structure("laconic", TokenForm::kSignedDigit, weight_bits);
    const Structure more = structure("laconic", TokenForm::kBinary, weight_bits + 1);
    check_equal(laconic.term.exists, more.term.exists);
    check_equal(laconic.tree, more.tree);
    check_equal(laconic.shared, more.shared);
    CHECK(laconic.sum_bits == more.sum_bits);
    CHECK(laconic.clocked_bits == more.clocked_bits);
    check_equal(laconic.pair.exists,
                more.pair.exists + weight_digits + recoder(TokenForm::kSignedDigit, lane_bits(Width::k8)));
  }
}

TEST_CASE("the form of terms changes no array that counts none") {
  for (const BaselineKind* kind : baseline_kinds()) {
    if (std::strcmp(kind->name(), "pragmatic") == 0 || std::strcmp(kind->name(), "laconic") == 0) continue;
    INFO(kind->name());
    Baseline digits = of(*kind);
    digits.terms = TokenForm::kSignedDigit;
    const PriceList prices(shipped_technology());
    CHECK(array_mm2(prices, digits, widths(Width::k8)) == array_mm2(prices, of(*kind), widths(Width::k8)));
  }
}

}  // namespace
}  // namespace bitbalance::test
