// Random networks of everything that can be fused, in every order, from ONNX file to DRAM: fusion and
// lowering keep the function, and all levels agree.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

#include "quant/eval/evaluator.h"
#include "quant/eval/integer_evaluator.h"
#include "quant/ir/integer_values.h"
#include "quant/method/calibration.h"
#include "quant/method/quantizer.h"
#include "quant/onnx/import.h"
#include "testbench/run/analytic.h"
#include "tests/quant/onnx/random/respelling.h"
#include "tests/support/random/random_case.h"
#include "tests/support/random/random_graph.h"
#include "tests/support/random/random_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/testbench/run/level_accounts.h"

namespace bitbalance::test {
namespace {

/// Networks of a test; the environment may ask for more.
std::uint64_t networks(std::uint64_t here) {
  const char* const count = std::getenv("BITBALANCE_RANDOM_NETWORKS");
  return count == nullptr ? here : std::stoull(count);
}

Network import(const RandomModel& model) {
  const TemporaryFolder folder;
  return import_onnx(folder.write("random.onnx", model.onnx));
}

QuantizationOptions fine(int activation_bits) {
  QuantizationOptions options;
  options.activation_bits = activation_bits;
  options.weight_bits = 16;
  options.nnzb = 15;
  options.threads = 1;
  options.tables = false;
  return options;
}

/// 257 points follow a kink less closely than 16 bits would.
QuantizationOptions fine_by_table(int activation_bits) {
  QuantizationOptions options = fine(activation_bits);
  options.tables = true;
  return options;
}

/// Every method that looks at the network's structure.
QuantizationOptions elaborate() {
  QuantizationOptions options = fine(16);
  options.equalize_channels = options.bias_correction = true;
  options.method = WeightMethod::kCompensated;
  return options;
}

/// Empty if integers give what the float network does in all outputs, up to a share of the largest value in
/// the network: sums may cancel.
std::string lost_function(const RandomModel& model, const QuantizationOptions& options, double tolerance) {
  const Network network = import(model);
  const Calibration calibration = calibrate(network, model.images);
  const QuantizedNetwork quantized = quantize(network, calibration, options, model.images);
  const QuantizedTensor& input = quantized.tensors[quantized.input];
  float largest = 0;
  for (const auto& [name, range] : calibration.ranges) largest = std::max({largest, -range.min, range.max});
  Evaluator floats(network);
  const IntegerEvaluator integers(quantized);
  for (const std::vector<float>& image : model.images) {
    floats.run(image);
    const IntegerTensors found = integers.run_all(quantize_values(input, image));
    for (std::size_t o = 0; o < network.outputs.size(); ++o) {
      const int tensor = quantized.outputs.at(o).tensor;
      const std::vector<float>& wanted = floats.values(network.outputs[o].tensor);
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double value = found[tensor].at(i) * quantized.tensors[tensor].scale;
        if (std::abs(value - wanted[i]) > tolerance * largest)
          return fmt::format("output {}, element {} is {}; the float network has {}", o, i, value, wanted[i]);
      }
    }
  }
  return "";
}

struct Run {
  Scenario scenario;
  Workload workload;
};

/// Widths, token form, accelerator, batch and mapping of a model's run.
Run draw_run(const RandomModel& model, std::uint64_t seed) {
  RandomDraw draw(seed);
  Run run;
  run.scenario.accelerator = random_accelerator(draw);
  QuantizationOptions options;
  options.token_form = run.scenario.accelerator.token_form;
  options.activation_bits = draw.pick({8, 8, 16});
  options.weight_bits = draw.uniform(2, options.activation_bits);
  options.nnzb = draw.uniform(1, std::min(14, options.weight_bits - 1));
  const Network network = import(model);
  run.workload.network = quantize(network, calibrate(network, model.images), options);
  const QuantizedTensor& input = run.workload.network.tensors[run.workload.network.input];
  for (const std::vector<float>& image : model.images)
    run.workload.images.push_back(quantize_values(input, image));

  MapperOptions mapping;
  mapping.batch = run.scenario.network.batch = draw.uniform(1, 3);
  mapping.barrier = run.scenario.mapping.barrier =
      draw.pick({LayerBarrier::kNone, LayerBarrier::kNone, LayerBarrier::kCommand, LayerBarrier::kLayer});
  mapping.fuse_pooling = run.scenario.mapping.fuse_pooling = draw.chance(0.85);
  fit_buffers(run.workload.network, run.scenario.accelerator, mapping);
  run.scenario.mapping.effort = draw.chance(0.2) ? MappingEffort::kGood : MappingEffort::kFast;
  run.scenario.run.watchdog_cycles = 50'000;
  return run;
}

std::string analytic_accounts(const Run& run) {
  RunReport report;
  report.scenario = run.scenario;
  run_analytic({run.workload.network, static_cast<int>(run.workload.images.size())}, report);
  return accounts(report);
}

/// Empty if every element of every level is the golden model's, and all accounts are equal.
std::string disagreement(Run run) {
  run.scenario.run.level = Level::kRtl;
  const std::string rtl = accounts_of_run(run.scenario, run.workload);
  if (!Catch::Matchers::EndsWith("\npass").match(rtl)) return "rtl:\n" + rtl;
  run.scenario.run.level = Level::kTlm;
  if (const std::string tlm = accounts_of_run(run.scenario, run.workload); tlm != rtl)
    return "rtl:\n" + rtl + "\ntlm:\n" + tlm;
  run.scenario.run.level = Level::kAnalytic;
  if (const std::string analytic = analytic_accounts(run); analytic != rtl)
    return "rtl:\n" + rtl + "\nanalytic:\n" + analytic;
  return "";
}

TEST_CASE("operations in any order mean the same to the float and the integer network") {
  for (std::uint64_t seed = 0; seed < networks(kOrders); ++seed) {
    const RandomModel model = make_random_model(seed);
    INFO("seed " << seed << ": " << model.order);
    REQUIRE(lost_function(model, fine(16), 5e-4) == "");
    REQUIRE(lost_function(model, fine_by_table(16), 0.01) == "");
    REQUIRE(lost_function(model, fine_by_table(8), 0.1) == "");
    REQUIRE(lost_function(model, elaborate(), 5e-4) == "");
  }
}

TEST_CASE("operations in any order give the same data and accounts at all levels") {
  for (std::uint64_t seed = 0; seed < networks(300); ++seed) {
    const RandomModel model = make_random_model(seed);
    INFO("seed " << seed << ": " << model.order);
    REQUIRE(disagreement(draw_run(model, seed)) == "");
  }
}

TEST_CASE("a model costs the same in whatever words") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const RandomModel model = make_random_model(seed);
    onnx::ModelProto parsed;
    REQUIRE(parsed.ParseFromString(model.onnx));
    RandomModel other = model;
    other.onnx = respelled(parsed, seed).SerializeAsString();
    INFO("seed " << seed << ": " << model.order);
    REQUIRE(analytic_accounts(draw_run(other, seed)) == analytic_accounts(draw_run(model, seed)));
  }
}

// Their images are multiples of 2^-5, and so is what decides where a function jumps.
TEST_CASE("graphs of every operator mean the same to the float and the integer network") {
  QuantizationOptions options = fine(16);
  options.input_scale = std::exp2(-13);
  for (std::uint64_t seed = 0; seed < networks(200); ++seed) {
    const RandomModel model = make_random_graph(seed);
    INFO("seed " << seed << ": " << model.order);
    REQUIRE(lost_function(model, options, 0.01) == "");
  }
}

TEST_CASE("graphs of every operator give the same data and accounts at all levels") {
  for (std::uint64_t seed = 0; seed < networks(200); ++seed) {
    const RandomModel model = make_random_graph(seed);
    INFO("seed " << seed << ": " << model.order);
    REQUIRE(disagreement(draw_run(model, seed)) == "");
  }
}

TEST_CASE("random graphs are of every operator that the importer claims") {
  CHECK(random_graph_operators() == onnx_operators());
}

}  // namespace
}  // namespace bitbalance::test
