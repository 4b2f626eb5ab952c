// Operators of the host between layers of the accelerator, through the driver and the golden model.
#include <catch2/catch.hpp>

#include "quant/ir/integer_values.h"
#include "quant/method/calibration.h"
#include "quant/method/quantizer.h"
#include "testbench/run/simulation.h"
#include "tests/quant/ir/network_builder.h"

namespace bitbalance::test {
namespace {

struct HostCase {
  const char* type;
  HostAttributes attributes;
  std::vector<HostOperand> constants;
};

HostOperand constant(Dims dims, std::uint32_t seed) {
  const std::int64_t count = element_count(dims);
  return {-1, {std::move(dims), random_values(count, seed)}};
}

/// Operators that leave an image of 3 x 4 x 4 an image of as many elements.
std::vector<HostCase> host_cases() {
  return {
      {"HardSwish", {}, {}},
      {"HardSigmoid", {}, {}},
      {"Sigmoid", {}, {}},
      {"Tanh", {}, {}},
      {"Erf", {}, {}},
      {"LeakyRelu", {{}, {{"alpha", {0.1F}}}, {}}, {}},
      {"PRelu", {}, {constant({3, 1, 1}, 7)}},
      {"Mul", {}, {constant({1, 3, 1, 4}, 8)}},
      {"Sub", {}, {constant({4}, 9)}},
      {"Softmax", {{{"axis", {1}}}, {}, {}}, {}},
      {"InstanceNormalization", {}, {constant({3}, 10), constant({3}, 11)}},
      {"LayerNormalization", {}, {constant({4}, 12), constant({4}, 13)}},
      {"Transpose", {{{"perm", {0, 1, 3, 2}}}, {}, {}}, {}},
      {"MatMul", {}, {constant({3, 4, 4}, 14)}},
      {"ConvTranspose", {{{"pads", {1, 1, 1, 1}}}, {}, {}}, {constant({3, 3, 3, 3}, 15)}},
      {"ReduceMean", {{{"axes", {2, 3}}}, {}, {}}, {}},
      {"Expand", {{{"shape", {1, 3, 4, 4}}}, {}, {}}, {}},
      {"Pad", {{{"pads", {0, 0, 1, 0, 0, 0, 0, 0}}}, {}, {}}, {}},
      {"Slice", {{{"axes", {2}}, {"starts", {1}}, {"ends", {5}}}, {}, {}}, {}},
      {"Resize", {{{"sizes", {1, 3, 8, 4}}}, {}, {{"mode", "linear"}}}, {}},
      {"Concat", {{{"axis", {2}}}, {}, {}}, {constant({1, 3, 2, 4}, 16)}},
  };
}

/// A convolution ahead of each operator and one behind the last.
Network chain() {
  NetworkBuilder builder({3, 4, 4});
  int at = 0;
  unsigned seed = 20;
  const auto conv = [&](const std::string& name) {
    seed += 2;
    at = builder.conv(name, at, 3, square_window(1), random_values(9, seed), random_values(3, seed + 1));
  };
  for (HostCase& next : host_cases()) {
    conv(std::string("before_") + next.type);
    HostOperator op;
    op.type = next.type;
    op.attributes = next.attributes;
    op.operands = next.constants;
    at = builder.host(next.type, {at}, op);
  }
  conv("last");
  return builder.build(at);
}

constexpr int kFrames = 3;

/// At the transaction level, in batches of two.
RunReport simulate(const Network& network, const QuantizationOptions& options = {}) {
  Scenario scenario;
  scenario.network.batch = 2;
  scenario.accelerator.rows = 4;
  scenario.accelerator.columns = 4;
  scenario.accelerator.lookup_tables = 1;
  scenario.run.level = Level::kTlm;
  std::vector<std::vector<float>> images;
  for (int i = 0; i < kFrames; ++i)
    images.push_back(random_values(network.shape(network.input).elements(), 100 + i));
  Workload workload;
  workload.network = quantize(network, calibrate(network, images), options);
  for (const auto& image : images)
    workload.images.push_back(quantize_values(workload.network.tensors[workload.network.input], image));

  Simulation simulation(scenario, workload);
  RunReport report;
  report.scenario = scenario;
  simulation.run(report, [](const char*, double) {});
  return report;
}

TEST_CASE("every kind of operator runs on the host between two segments, at the transaction level") {
  QuantizationOptions options;
  options.tables = false;
  const RunReport report = simulate(chain(), options);
  CHECK(report.fault.empty());
  CHECK(report.frames == kFrames);
  CHECK(report.host_layers().size() == host_cases().size());
  for (const LayerReport& layer : report.layers) {
    INFO(layer.name);
    CHECK((layer.profile.cycles > 0) != layer.on_host);
    CHECK(layer.comparison.elements > 0);
    CHECK(layer.comparison.mismatches == 0);
  }
  CHECK(report.host_macs() > 0);
  CHECK(report.host_macs() < report.macs());
  CHECK(report.passed());
}

void check_functions(int bits) {
  QuantizationOptions options;
  options.activation_bits = bits;
  const RunReport report = simulate(chain(), options);
  CHECK(report.fault.empty());
  CHECK(report.host_layers().size() == host_cases().size() - 6);
  int lookups = 0;
  for (const LayerReport& layer : report.layers) lookups += layer.op == "conv+lookup" ? 1 : 0;
  CHECK(lookups == 6);
  CHECK(report.passed());
}

TEST_CASE("functions of each element end convolutions, and all else stays on the host") {
  check_functions(8);
}

TEST_CASE("functions of each element end convolutions of 16 bits") {
  check_functions(16);
}

TEST_CASE("a convolution that the host reads too is stored ahead of its pooling") {
  NetworkBuilder builder({3, 2, 2});
  const int conv = builder.conv("conv", 0, 3, {}, random_values(9, 1), random_values(3, 2));
  const int pool = builder.pool("pool", Op::kMaxPool, conv, square_window(2, 2));
  HostOperator product;
  product.type = "Mul";
  const int scaled = builder.host("scaled", {pool, conv}, product);
  const RunReport report =
      simulate(builder.build(builder.conv("last", scaled, 3, {}, random_values(9, 3), random_values(3, 4))));
  CHECK(report.fault.empty());
  CHECK(report.layers.size() == 4);
  CHECK(report.passed());
}

}  // namespace
}  // namespace bitbalance::test
