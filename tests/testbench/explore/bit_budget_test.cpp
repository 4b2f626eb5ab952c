// Bits by layer: what is chosen keeps the budget when it runs, or the budget is refused.
#include "testbench/explore/bit_budget.h"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include <numeric>

#include "quant/method/calibration.h"
#include "quant/method/quantizer.h"
#include "testbench/run/prediction.h"
#include "testbench/scenario/scenario.h"
#include "testbench/scenario/settings/settings.h"
#include "testbench/scenario/workload.h"
#include "tests/support/names.h"

namespace bitbalance::test {
namespace {

/// Cycles of a frame's convolutions.
double predicted_cycles(const QuantizedNetwork& network, const Scenario& scenario) {
  const Prediction prediction = predict(network, scenario);
  double cycles = 0;
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    if (network.layers[l].op == LayerOp::kConv) cycles += prediction.cycles[l];
  return cycles;
}

void check_kept(const std::string& file, const std::vector<SettingOverride>& overrides,
                const std::string& budget) {
  const Scenario scenario =
      load_scenario(std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/" + file, overrides);
  Samples samples = load_samples(scenario);
  Calibration ranges = calibrate(samples.network, samples.calibration, scenario.quantization.calibration());
  QuantizationOptions options = scenario.quantization.options;
  const Network network = prepare(std::move(samples.network), ranges, options);
  Allocation allocation;
  try {
    allocation =
        allocate_bits(scenario, network, ranges, samples.calibration, parse_budget(budget), [](double) {});
  } catch (const SettingsError& refused) {
    CHECK_THAT(refused.what(), Catch::Matchers::Contains(" cycles per frame; accepted: at least "));
    return;
  }
  options.overrides = allocation.layers;
  const double cycles = predicted_cycles(quantize_prepared(network, ranges, options), scenario);
  INFO(file << " " << budget);
  CHECK(cycles <= allocation.budget);
  CHECK(cycles == allocation.cost);
}

}  // namespace

TEST_CASE("a budget holds where layers overlap and the memory is slow") {
  check_kept("fashion.yaml",
             {{"network.count=1", ""}, {"network.batch=1", ""}, {"memory.bytes_per_cycle=3", ""}},
             "cycles=90%");
}

TEST_CASE("any budget of cycles is kept or refused") {
  const bool held = rc::check("batches, memories, rules of synchronization", [] {
    const std::string batch = fmt::format("network.batch={}", *rc::gen::inRange(1, 4));
    const std::string bytes = fmt::format("memory.bytes_per_cycle={}", *rc::gen::inRange(1, 20));
    const auto rule = *rc::gen::element<std::string>("balanced", "group_max");
    check_kept("lenet.yaml", {{batch, ""}, {bytes, ""}, {"accelerator.synchronization=" + rule, ""}},
               fmt::format("cycles={}%", *rc::gen::inRange(60, 120)));
  });
  CHECK(held);
}

}  // namespace bitbalance::test
