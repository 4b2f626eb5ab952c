#include "testbench/scenario/scenario.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/temporary_folder.h"
#include "tests/testbench/scenario/scenario_file.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

TEST_CASE("a scenario's settings reach the structs and the rest keeps its default") {
  const ScenarioFile file(
      "accelerator:\n  rows: 16\n  synchronization: group_max\n  dram: {burst_bytes: 128}\n"
      "quantization: {activation_bits: 16, nnzb: 2, layers: [{pattern: 'conv*', weight_bits: 4}]}\n"
      "memory: {bytes_per_cycle: '12.8', latency_cycles: 7}\n"
      "mapping: {barrier: layer, layers: [{layer: conv1, rows: 2, order: weights_outer}]}\n");
  const Scenario s = file.load();
  CHECK(s.name == "s");
  CHECK(s.network.model == file.folder.path() / "net.onnx");
  CHECK(s.network.batch == 4);
  CHECK(s.accelerator.rows == 16);
  CHECK(s.accelerator.columns == AcceleratorConfig{}.columns);
  CHECK(s.accelerator.synchronization == Synchronization::kGroupMax);
  CHECK(s.accelerator.dram.burst_bytes == 128);
  CHECK(s.quantization.options.activation_bits == 16);
  CHECK(s.quantization.options.nnzb == 2);
  REQUIRE(s.quantization.options.overrides.size() == 1);
  CHECK(s.quantization.options.overrides[0].weight_bits == 4);
  CHECK_FALSE(s.quantization.options.overrides[0].nnzb);
  CHECK(s.memory.bytes_per_cycle == Rational{64, 5});
  CHECK(s.memory.latency_cycles == 7);
  CHECK(s.mapping.barrier == LayerBarrier::kLayer);
  CHECK(s.mapping.effort == MappingEffort::kGood);
  REQUIRE(s.mapping.layers.size() == 1);
  CHECK(s.mapping.layers[0].order == LoopOrder::kWeightsOuter);
}

TEST_CASE("a scenario with clocked layers has a program for each layer") {
  const ScenarioFile file("run: {level: tlm, rtl: conv2}\n");
  CHECK(file.load().mapping.barrier == LayerBarrier::kLayer);
  const ScenarioFile other("mapping: {barrier: command}\nrun: {level: tlm, rtl: conv2}\n");
  CHECK(other.load().mapping.barrier == LayerBarrier::kLayer);
}

TEST_CASE("the effective settings are a scenario that means the same") {
  const ScenarioFile file(
      "name: 'a \"quoted\" name'\n"
      "accelerator: {rows: 16, clock_hz: 1.5e9}\n"
      "quantization: {layers: [{pattern: 'conv*', nnzb: 2}, {pattern: conv1, weight_bits: 6}]}\n"
      "memory: {bytes_per_cycle: 64/7}\n"
      "mapping: {layers: [{layer: a, rows: 2}, {layer: b}]}\n");
  const Scenario s = file.load();
  const std::string yaml = to_yaml(s);
  const TemporaryFolder elsewhere;
  const Scenario again = load_scenario(elsewhere.write("effective.yaml", yaml));
  CHECK(to_yaml(again) == yaml);
  CHECK(again.name == s.name);
  CHECK(again.accelerator.clock_hz == 1.5e9);
  CHECK(again.memory.bytes_per_cycle == Rational{64, 7});
  CHECK_FALSE(again.quantization.options.overrides.at(1).nnzb);
  CHECK(again.mapping.layers.at(0).rows == 2);
}

TEST_CASE("calibration images alone are read in every way that test images are") {
  const ScenarioFile file("");
  const std::string images = (file.folder.path() / "images.idx").string();
  const auto model = file.folder.path() / "net.onnx";
  const Scenario s = load_scenario(model, {{"network.pixel_mean=[0.5, 0.25, 0.125]", ""},
                                           {"network.pixel_deviation=2", ""},
                                           {"network.layout=nhwc", ""},
                                           {"network.resize=8", ""},
                                           {"network.raw='|u1'", ""},
                                           {"network.calibration_images=" + images, ""}});
  CHECK(s.network.synthetic());
  CHECK(s.network.pixels.mean == std::vector<double>{0.5, 0.25, 0.125});
  CHECK(s.network.layout == ImageLayout::kNhwc);
  CHECK(s.network.resize == 8);
  CHECK(s.network.raw == "|u1");
  const auto effective = file.folder.write("effective.yaml", to_yaml(s));
  CHECK(to_yaml(load_scenario(effective)) == to_yaml(s));
  // Test images may join them, whose settings and seed stand in the file.
  const Scenario joined = load_scenario(effective, {{"network.images=" + images, ""}});
  CHECK_FALSE(joined.network.synthetic());
  CHECK_THAT(to_yaml(joined), !Contains("image_seed"));
}

TEST_CASE("a written mapping is accepted as the mapping section") {
  ScenarioFile file("mapping: {fuse_pooling: false}\n");
  MappingSettings mapping;
  mapping.layers.push_back({"conv1", 2, 3, 0, 1, 32, 8, LoopOrder::kWeightsOuter});
  mapping.layers.push_back({"conv1", 1, 4, 0, 1, 32, 8, LoopOrder::kWeightsOuter, 3});
  file.folder.write("mapping.yaml", to_yaml(mapping));
  const Scenario s = file.load({"mapping.include=" + (file.folder.path() / "mapping.yaml").string()});
  REQUIRE(s.mapping.layers.size() == 2);
  CHECK(s.mapping.layers[0].output_channels == 32);
  CHECK(s.mapping.layers[0].order == LoopOrder::kWeightsOuter);
  CHECK(s.mapping.layers[0].batch == 0);
  CHECK(s.mapping.layers[1].batch == 3);
}

TEST_CASE("rational numbers are exact and come back as written") {
  CHECK(parse_rational("12.8") == Rational{64, 5});
  CHECK(parse_rational("64") == Rational{64, 1});
  CHECK(parse_rational("6/4") == Rational{3, 2});
  for (const char* text : {"12.8", "64", "1/3", "0.001"}) CHECK(to_string(*parse_rational(text)) == text);
  for (const char* text : {"", "0", "-1", "1e3", ".5", "5.", "1/0", "1/2/3", "12345678901", "a"}) {
    CHECK_FALSE(parse_rational(text));
  }
}

TEST_CASE("a builtin network takes the model's place and brings its own settings") {
  const TemporaryFolder folder;
  const auto file = folder.write(
      "s.yaml", "network: {builtin: vgg16, seed: 7, weight_distribution: laplace, fully_connected: false}\n");
  const Scenario s = load_scenario(file);
  CHECK(s.network.builtin == "vgg16");
  CHECK(s.network.zoo.seed == 7);
  CHECK(s.network.zoo.distribution == WeightDistribution::kLaplace);
  CHECK_FALSE(s.network.zoo.fully_connected);
  CHECK(s.network.synthetic());

  const auto again = folder.write("again.yaml", to_yaml(s));
  CHECK(to_yaml(load_scenario(again)) == to_yaml(s));

  const auto with = [&](const std::string& setting) { return load_scenario(file, {{setting, ""}}); };
  CHECK_THROWS_WITH(with("network.builtin=vgg19"),
                    "--set network.builtin: 'vgg19' (did you mean 'vgg16'?); accepted: none, alexnet, vgg16, "
                    "resnet50, googlenet");
  CHECK_THROWS_WITH(with("network.model=s.yaml"),
                    Contains("network.model: unknown key (known without builtin); accepted: builtin, seed"));
  CHECK_THROWS_WITH(with("network.labels=" + file.string()),
                    Contains("network.labels: given without images"));
  CHECK_THROWS_WITH(with("network.images=" + file.string()), EndsWith("calibration_images is missing"));
}

}  // namespace
}  // namespace bitbalance::test
