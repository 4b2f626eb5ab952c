// Which tensor a program on disk has as its output, and what the host makes of it.
#include "testbench/run/program_export.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "quant/ir/file/quantized_file.h"
#include "quant/method/calibration.h"
#include "quant/method/quantizer.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/support/child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
using stored::StoredProgram;

/// A trunk, and convolutions from it or from the image.
class Heads : public NetworkBuilder {
 public:
  Heads() : NetworkBuilder({3, 4, 4}), trunk_(conv_of("trunk", 0)) {}
  int head(const std::string& name) { return conv_of(name, trunk_); }

 private:
  int conv_of(const std::string& name, int input) {
    seed_ += 2;
    return conv(name, input, 3, square_window(1), random_values(9, seed_), random_values(3, seed_ + 1));
  }
  unsigned seed_ = 20;
  int trunk_;
};

/// Of the network with these outputs, the first of which counts.
StoredProgram exported(NetworkBuilder& builder, const std::vector<int>& outputs) {
  Network network = builder.build(outputs.front());
  for (const int tensor : outputs)
    network.outputs.push_back({network.tensors[tensor].name, tensor, {network.shape(tensor).elements()}});
  const std::vector<std::vector<float>> images = {random_values(3 * 4 * 4, 1)};
  QuantizationOptions options;
  options.tables = false;  // functions of each element stay on the host
  const Calibration calibration = calibrate(network, images);
  const TemporaryFolder folder;
  Scenario scenario;
  scenario.network.quantized =
      folder.write("network.cbor", to_cbor(quantize(std::move(network), calibration, options)));
  scenario.network.batch = 1;
  scenario.accelerator.rows = scenario.accelerator.columns = 4;
  return export_program(scenario, [](double) {});
}

void check_runs(const StoredProgram& program) {
  const std::string told = in_child([&] {
    const StoredRun run = run_stored(program, Level::kTlm, [] {});
    return fmt::format("{} wrong of {}, {}", run.wrong, run.elements, run.fault);
  });
  CHECK(told == fmt::format("0 wrong of {}, ", program.output_tensor().shape.elements()));
}

std::string refusal(NetworkBuilder& builder, const std::vector<int>& outputs) {
  try {
    exported(builder, outputs);
  } catch (const std::invalid_argument& refused) {
    return refused.what();
  }
  return "";
}

TEST_CASE("of several heads a program's output is the first that the network names") {
  Heads network;
  const int first = network.head("first"), second = network.head("second");
  for (const int output : {first, second}) {
    const StoredProgram program = exported(network, {output, first + second - output});
    CHECK(program.output_tensor().name == (output == first ? "first" : "second"));
    check_runs(program);
  }
}

TEST_CASE("a program's output is a concatenation whole") {
  Heads network;
  const int first = network.head("first"), second = network.head("second");
  const StoredProgram program = exported(network, {network.concat("both", {first, second})});
  CHECK(program.output_tensor().shape == Shape{6, 4, 4});
  check_runs(program);
}

TEST_CASE("where the host makes the network's output a program's output is what it makes it of") {
  Heads network;
  const int first = network.head("first"), second = network.head("second");
  const int probabilities = network.softmax("probabilities", first);
  const int other = network.host("other", {second}, host_operator("Tanh"));
  const StoredProgram program = exported(network, {probabilities, other});
  CHECK(program.output_tensor().name == "first");
  REQUIRE(program.host_layers.size() == 1);
  CHECK(program.host_layers.front().name == "probabilities");
  check_runs(program);
}

TEST_CASE("an output that the host makes of several tensors is refused with their names") {
  Heads network;
  const int first = network.head("first"), second = network.head("second");
  const int gate = network.host("gate", {second}, host_operator("Sigmoid"));
  const int product = network.host("product", {first, gate}, host_operator("Mul"));
  CHECK_THAT(refusal(network, {product, first}),
             Contains("output product: made of first, second; accepted for a program on disk"));
  CHECK(exported(network, {first, product}).output_tensor().name == "first");
}

TEST_CASE("an output that the host makes of the image alone is refused") {
  Heads network;
  const int first = network.head("first");
  const int other = network.host("other", {0}, host_operator("Tanh"));
  CHECK_THAT(refusal(network, {other, first}), Contains("accepted for a program on disk"));
}

}  // namespace
}  // namespace bitbalance::test
