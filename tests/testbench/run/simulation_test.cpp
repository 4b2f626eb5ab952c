// The clocked accelerator in its system, driven as the `bitbalance` command drives it.
#include "testbench/run/simulation.h"

#include <catch2/catch.hpp>
#include <random>

#include "quant/ir/integer_values.h"
#include "quant/method/calibration.h"
#include "quant/method/quantizer.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/testbench/run/small_network.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

constexpr int kImages = 5;

Scenario small_scenario(int batch) {
  Scenario scenario;
  scenario.network.batch = batch;
  scenario.accelerator.rows = 4;
  scenario.accelerator.columns = 4;
  scenario.run.watchdog_cycles = 20'000;
  return scenario;
}

/// Two convolutions of 16-bit activations on random weights and images.
Workload small_workload() {
  std::mt19937 random(1);
  const auto pick = [&](int low, int high) { return low + static_cast<int>(random() % (high - low + 1)); };
  Window window;
  window.kernel_h = window.kernel_w = 3;
  window.pad_top = window.pad_left = window.pad_bottom = window.pad_right = 1;
  const Shape shape{2, 6, 5};
  std::vector<std::int16_t> weights(6 * 2 * 9);
  for (auto& weight : weights) weight = static_cast<std::int16_t>(pick(-7, 7));

  Workload workload;
  workload.network = convolution(window, shape, 6, 1, weights);
  QuantizedNetwork& network = workload.network;
  network.layers[0].name = "first";
  network.layers[0].weight_bits = 4;
  network.layers[0].nnzb = 3;
  network.layers[0].rescale.assign(6, Rescale{3, 8});
  QuantizedLayer second = open_layer(LayerOp::kConv, Window{});
  second.name = "second";
  second.input = 1;
  second.output = 2;
  second.weight_bits = 5;
  second.nnzb = 4;
  second.weights.assign(3 * 6, 5);
  second.bias.assign(3, -2);
  second.rescale.assign(3, Rescale{1, 2});
  network.tensors.push_back(wide_tensor("scores", {3, 6, 5}));
  network.layers.push_back(second);
  network.output = 2;
  validate(network);
  for (int i = 0; i < kImages; ++i) {
    Plane image(static_cast<std::size_t>(shape.elements()));
    for (auto& element : image) element = pick(-32768, 32767);
    workload.images.push_back(image);
  }
  return workload;
}

RunReport run(Simulation& simulation, const Scenario& scenario) {
  RunReport report;
  report.scenario = scenario;
  simulation.run(report, [](const char* /*phase*/, double share) { CHECK((share >= 0 && share <= 1)); });
  return report;
}

TEST_CASE("every output of every layer is compared, in a shorter last batch too") {
  const Scenario scenario = small_scenario(2);
  const Workload workload = small_workload();
  Simulation simulation(scenario, workload);
  const RunReport report = run(simulation, scenario);
  CHECK(report.fault.empty());
  CHECK(report.frames == kImages);
  REQUIRE(report.layers.size() == 2);
  CHECK(report.layers[0].comparison.elements == kImages * 6 * 30);
  CHECK(report.layers[1].comparison.elements == kImages * 3 * 30);
  CHECK(report.layers[0].macs == kImages * 6 * 30 * 18);
  CHECK(report.mismatches() == 0);
  CHECK(report.open_accounts().empty());
  CHECK(report.passed());
  CHECK(simulation.decisions().size() == kImages);
}

TEST_CASE("a batch larger than the images is one short batch") {
  const Scenario scenario = small_scenario(64);
  const Workload workload = small_workload();
  Simulation simulation(scenario, workload);
  CHECK(simulation.programs().next(kImages).front().program().batch == kImages);
  CHECK(run(simulation, scenario).passed());
}

TEST_CASE("a wrong token in the array fails the verdict and the mismatch is located") {
  const Scenario scenario = small_scenario(kImages);
  const Workload workload = small_workload();
  Simulation simulation(scenario, workload);
  simulation.system().rtl().accelerator.pe_array().flip_token(1, 20);
  const RunReport report = run(simulation, scenario);
  CHECK_FALSE(report.passed());
  REQUIRE_FALSE(report.layers[0].comparison.first.empty());
  for (const Mismatch& mismatch : report.layers[0].comparison.first) {
    CHECK(mismatch.layer == "first");
    CHECK(mismatch.channel % scenario.accelerator.rows == 1);
  }
}

ProgramHeader header_of(System& system, const Scenario& scenario) {
  const auto record = system.peek(0, kCommandBytes);
  CommandBytes bytes{};
  std::copy(record.begin(), record.end(), bytes.begin());
  const DecodedHeader decoded = decode_header(bytes, config_hash(scenario.accelerator));
  REQUIRE(decoded.fault == ProgramFault::kNone);
  return decoded.header;
}

std::vector<std::uint8_t> record_of(const CommandBytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST_CASE("what is never stored differs from the golden model") {
  const Scenario scenario = small_scenario(kImages);
  const Workload workload = small_workload();
  Simulation simulation(scenario, workload);
  System& system = simulation.system();
  ProgramHeader header = header_of(system, scenario);
  header.commands = 1;
  system.poke(0, record_of(encode(header)));
  system.poke(kCommandBytes, record_of(encode(Command{{}, End{}}, 0)));
  const RunReport report = run(simulation, scenario);
  CHECK(report.fault.empty());
  CHECK(report.mismatches() > report.elements() * 9 / 10);
  CHECK_FALSE(report.passed());
}

TEST_CASE("a damaged command stops the program with its index, and nothing is written") {
  const Scenario scenario = small_scenario(kImages);
  const Workload workload = small_workload();
  Simulation simulation(scenario, workload);
  System& system = simulation.system();
  auto bytes = system.peek(kCommandBytes, kCommandBytes);
  bytes[17] ^= 4;
  system.poke(kCommandBytes, bytes);
  const std::size_t constants = simulation.programs().next(kImages).front().program().constants.size();
  const auto before = system.peek(0, constants);
  const RunReport report = run(simulation, scenario);
  CHECK_THAT(report.fault, Contains("the accelerator stopped at command"));
  CHECK(system.rtl().driver.outcome().fault == ProgramFault::kCommandCrc);
  CHECK(report.frames == 0);
  CHECK_FALSE(report.passed());
  CHECK(system.peek(0, constants) == before);
}

TEST_CASE("a run that stops has the multiplications of the images that it ran") {
  const Scenario scenario = small_scenario(2);
  const Workload workload = small_workload();
  Simulation simulation(scenario, workload);
  // The program of the shorter last batch.
  const std::uint64_t at = simulation.programs().batches().back().front().constants_base + kCommandBytes;
  auto bytes = simulation.system().peek(at, kCommandBytes);
  bytes[17] ^= 4;
  simulation.system().poke(at, bytes);
  const RunReport report = run(simulation, scenario);
  CHECK_FALSE(report.fault.empty());
  CHECK(report.frames == 4);
  CHECK(report.layers[0].macs == 4 * 6 * 30 * 18);
}

TEST_CASE("a program made for another configuration is refused") {
  const Scenario scenario = small_scenario(kImages);
  const Workload workload = small_workload();
  Simulation simulation(scenario, workload);
  ProgramHeader header = header_of(simulation.system(), scenario);
  header.config_hash ^= 1;
  simulation.system().poke(0, record_of(encode(header)));
  const RunReport report = run(simulation, scenario);
  CHECK(simulation.system().rtl().driver.outcome().fault == ProgramFault::kWrongConfiguration);
  CHECK_FALSE(report.passed());
}

/// LRN, two branches into a concatenation with a copy of their input, LRN again, a product and Softmax.
Workload segmented_workload() {
  NetworkBuilder builder({3, 6, 6});
  const int first = builder.lrn("norm1", 0, {3, 0.5F, 0.75F, 1.0F});
  const int a = builder.relu("relu_a", builder.conv("a", first, 5, square_window(3, 1, 1),
                                                    random_values(5 * 27, 1), random_values(5, 2)));
  const int b = builder.conv("b", first, 6, square_window(1), random_values(6 * 3, 3), random_values(6, 4));
  const int both = builder.concat("both", {a, first, b});
  const int pool = builder.pool("pool", Op::kMaxPool, both, square_window(2, 2));
  const int second = builder.lrn("norm2", pool, {5, 0.1F, 0.5F, 2.0F});
  const int scores =
      builder.conv("fc", second, 4, square_window(3), random_values(4 * 14 * 9, 5), random_values(4, 6));
  const Network network = builder.build(builder.softmax("softmax", scores));

  Workload workload;
  std::vector<std::vector<float>> images;
  for (int i = 0; i < kImages; ++i) images.push_back(random_values(3 * 36, 10 + i));
  workload.network = quantize(network, calibrate(network, images));
  for (const auto& image : images)
    workload.images.push_back(quantize_values(workload.network.tensors[workload.network.input], image));
  return workload;
}

TEST_CASE("layers on the host run between programs, and concatenations need no layer") {
  const Scenario scenario = small_scenario(2);
  const Workload workload = segmented_workload();
  Simulation simulation(scenario, workload);
  const RunReport report = run(simulation, scenario);
  CHECK(report.fault.empty());
  CHECK(report.frames == kImages);
  CHECK(report.host_layers() == std::vector<std::string>{"norm1", "norm2", "softmax"});
  std::vector<std::string> names;
  for (const LayerReport& layer : report.layers) {
    INFO(layer.name);
    names.push_back(layer.name);
    CHECK((layer.profile.cycles > 0) != layer.on_host);
    CHECK(layer.comparison.elements > 0);
    CHECK(layer.comparison.mismatches == 0);
  }
  CHECK(names == std::vector<std::string>{"norm1", "a", "b", "both.norm1", "pool", "norm2", "fc", "softmax"});
  CHECK(report.passed());
  CHECK(simulation.decisions().size() == kImages);
  CHECK(simulation.programs().program_with("fc").first_layer == 6);
  const std::vector<LayerMapping> mappings = simulation.programs().mappings().layers;
  REQUIRE(mappings.size() == 2 * 3);  // of full batches, and of the shorter last one
  CHECK(mappings.front().batch == 0);
  CHECK(mappings.back().batch == 1);
}

TEST_CASE("what the host makes of the output decides before it is quantized") {
  NetworkBuilder builder({3, 1, 1});
  const int scores = builder.conv("scores", 0, 3, {}, {1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0});
  const Network network = builder.build(builder.softmax("softmax", scores));
  const std::vector<std::vector<float>> images = {{0.5F, 0.5F, 0.51F}, {0.5F, 0.51F, 0.5F}, {1, 0, 0}};
  Workload workload;
  workload.network = quantize(network, calibrate(network, images));
  for (const auto& image : images)
    workload.images.push_back(quantize_values(workload.network.tensors[workload.network.input], image));
  workload.task.classes = 3;
  const Scenario scenario = small_scenario(2);
  Simulation simulation(scenario, workload);
  CHECK(run(simulation, scenario).passed());
  CHECK(simulation.decisions() == std::vector<std::vector<int>>{{2}, {1}, {0}});
}

TEST_CASE("the transaction level passes the same comparison, with closed accounts") {
  Scenario scenario = small_scenario(2);
  scenario.run.level = Level::kTlm;
  const Workload workload = small_workload();
  Simulation simulation(scenario, workload);
  const RunReport report = run(simulation, scenario);
  CHECK(report.fault.empty());
  CHECK(report.frames == kImages);
  CHECK(report.mismatches() == 0);
  CHECK(report.open_accounts().empty());
  CHECK(report.passed());
}

}  // namespace
}  // namespace bitbalance::test
