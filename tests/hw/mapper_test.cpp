#include "hw/core/mapper.h"

#include <catch2/catch.hpp>

#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random_case.h"

using namespace bitbalance;
using namespace bitbalance::test;

TEST_CASE(
    "programs of random networks compute what the golden model does, whichever ready engine goes first") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed);
    for (std::uint64_t schedule = 0; schedule < 2; ++schedule) {
      const auto data = interpret(c.mapped.program, c.config,
                                  place_images(c.mapped.program, c.network, c.images, 0xa5), schedule);
      REQUIRE(first_mismatch(c, data) == "");
    }
  }
}

namespace {

// One 3x3 convolution, 8-bit, all weights 1.
QuantizedNetwork one_convolution(const Shape& in, int out_channels) {
  QuantizedNetwork n;
  n.name = "one";
  n.tensors = {{"in", in, 8, false, 1.0}, {"out", {out_channels, in.height, in.width}, 8, false, 1.0}};
  n.input = 0;
  n.output = 1;
  QuantizedLayer l;
  l.name = "conv1";
  l.input = 0;
  l.output = 1;
  l.window = {3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  l.weights.assign(static_cast<std::size_t>(in.channels * out_channels * 9), 1);
  l.bias.assign(static_cast<std::size_t>(out_channels), 0);
  l.rescale.assign(static_cast<std::size_t>(out_channels), Rescale{1, 4});
  l.weight_scale.assign(static_cast<std::size_t>(out_channels), 1.0);
  l.clip_low = 0;
  l.clip_high = 255;
  n.layers = {l};
  return n;
}

std::string refusal(const QuantizedNetwork& n, const AcceleratorConfig& c, const MapperOptions& o = {}) {
  try {
    build_program(n, c, o);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("buffers too small for any block are refused by layer and buffer") {
  const QuantizedNetwork n = one_convolution({64, 10, 100}, 64);  // a row is more than one tile: no chunks
  AcceleratorConfig c;
  c.weight_bank_bytes = 64;
  CHECK_THAT(refusal(n, c), Catch::Contains("layer conv1") && Catch::Contains("weight bank"));
  c = {};
  c.activation_buffer_bytes = 1024;
  CHECK_THAT(refusal(n, c), Catch::Contains("layer conv1") && Catch::Contains("activations"));
  c = {};
  c.output_buffer_bytes = 64;
  CHECK_THAT(refusal(n, c), Catch::Contains("layer conv1") && Catch::Contains("output buffer"));
  c = {};
  c.parameter_buffer_bytes = 64;
  CHECK_THAT(refusal(n, c), Catch::Contains("layer conv1") && Catch::Contains("parameter entries"));
}

TEST_CASE("sums that could overflow are refused tightly, unless they may wrap") {
  QuantizedNetwork n = one_convolution({1, 4, 4}, 1);
  AcceleratorConfig c;
  c.accumulator_bits_8 = 16;
  // Nine weights of 1 on activations up to 255 reach 2295; the accumulator holds 32767.
  n.layers[0].bias[0] = 32767 - 2295;
  CHECK(refusal(n, c) == "");
  n.layers[0].bias[0] += 1;
  CHECK_THAT(refusal(n, c),
             Catch::Contains("layer conv1") && Catch::Contains("32768") && Catch::Contains("allow_wrap"));
  c.allow_wrap = true;
  CHECK(refusal(n, c) == "");
}

TEST_CASE("a user's mapping is taken, reported and checked") {
  const QuantizedNetwork n = one_convolution({16, 12, 12}, 64);
  MapperOptions o;
  o.mappings = {{"conv1", 1, 5, 1, 32, 16, LoopOrder::kWeightsOuter}};
  const MappedProgram mapped = build_program(n, {}, o);
  CHECK(mapped.mappings.at(0).rows == 5);
  CHECK(mapped.mappings.at(0).output_channels == 32);
  CHECK(mapped.mappings.at(0).order == LoopOrder::kWeightsOuter);
  // 2 channel blocks x 3 row blocks.
  CHECK(std::count_if(mapped.program.commands.begin(), mapped.program.commands.end(),
                      [](const Command& k) { return std::holds_alternative<Compute>(k.body); }) == 6);
  // Weights outer: each weight block is loaded once.
  CHECK(std::count_if(mapped.program.commands.begin(), mapped.program.commands.end(),
                      [](const Command& k) { return std::holds_alternative<LoadWeights>(k.body); }) == 2);

  o.mappings[0].output_channels = 33;
  CHECK_THAT(refusal(n, {}, o), Catch::Contains("conv1") && Catch::Contains("output_channels = 33"));
  o.mappings[0] = {"conv1", 1, 13, 1, 32, 16, LoopOrder::kWeightsOuter};
  CHECK_THAT(refusal(n, {}, o), Catch::Contains("rows = 13"));
  o.mappings[0] = {"other", 0, 0, 0, 0, 0, LoopOrder::kWeightsOuter};
  CHECK_THAT(refusal(n, {}, o), Catch::Contains("layer other"));
}

TEST_CASE("weights of the next layer are loaded before its activations wait for the last store") {
  QuantizedNetwork n = one_convolution({16, 12, 12}, 16);
  QuantizedLayer second = n.layers[0];
  n.tensors.push_back(n.tensors[1]);
  second.name = "conv2";
  second.input = 1;
  second.output = 2;
  n.layers.push_back(second);
  n.output = 2;
  const Program p = build_program(n, {}, {}).program;
  std::vector<const Command*> loads;
  for (const Command& c : p.commands) {
    if (c.header.layer == 1 && has_engine(c) && engine_of(c) == Engine::kLoad) loads.push_back(&c);
  }
  REQUIRE(loads.size() == 3);
  CHECK(std::holds_alternative<LoadWeights>(loads[0]->body));
  CHECK(loads[0]->header.wait == 0);
  CHECK(std::holds_alternative<LoadActivations>(loads[2]->body));
  CHECK(loads[2]->header.wait == engine_bit(Engine::kStore));
}
