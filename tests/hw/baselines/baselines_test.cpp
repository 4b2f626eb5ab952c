// The cycle models against the stepping arrays, and the stepping arrays against plain sums of products.
#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>

#include "base/text/config_error.h"
#include "hw/baselines/baseline_kind.h"
#include "hw/baselines/group_cycles.h"
#include "hw/baselines/stepping.h"
#include "hw/baselines/stepping_pe.h"
#include "testbench/scenario/workload.h"
#include "tests/support/names.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

struct Case {
  Baseline baseline;
  BaselineLayer layer;
  std::vector<std::int16_t> weights;
  std::vector<std::int16_t> activations;
};

/// Weights of all densities: none, small, any, as many ones as there are.
std::int16_t random_weight(int weight_bits, int density) {
  const int limit = 1 << (weight_bits - 1);
  if (density == 0) return 0;
  if (density == 3) return static_cast<std::int16_t>(*rc::gen::inRange(0, 50) == 0 ? limit - 1 : 1 - limit);
  const int w = *rc::gen::inRange(-limit + 1, limit);
  const int sparse = std::abs(w) & (std::abs(w) >> 1);
  return static_cast<std::int16_t>(density == 2 ? w : w < 0 ? -sparse : sparse);
}

bool accepts(const BaselineKind& kind, int lanes) {
  try {
    kind.check_lanes(lanes);
    return true;
  } catch (const ConfigError&) {
    return false;
  }
}

Case random_case(const BaselineKind& kind) {
  Case c{Baseline(kind), {}, {}, {}};
  Baseline& b = c.baseline;
  const int most_lanes = *rc::gen::element(32, kMostLanes);
  if (const int lanes = *rc::gen::inRange(1, most_lanes + 1); accepts(kind, lanes)) b.lanes = lanes;
  b.rows = *rc::gen::inRange(1, 5);
  b.columns = *rc::gen::inRange(1, 4);
  b.delivery = {*rc::gen::inRange(1, 4000), *rc::gen::inRange(1, 4000)};
  b.terms = *rc::gen::element(TokenForm::kBinary, TokenForm::kSignedDigit);
  BaselineLayer& layer = c.layer;
  layer.weight_bits = *rc::gen::inRange(2, 17);
  layer.width = *rc::gen::element(Width::k8, Width::k16);
  layer.conv_groups = *rc::gen::inRange(1, 3);
  layer.output_channels = layer.conv_groups * *rc::gen::inRange(1, 7);
  layer.kernel = *rc::gen::inRange(1, 150);
  layer.pixels = *rc::gen::inRange(1, 6);
  c.weights.resize(std::size_t(layer.output_channels) * layer.kernel);
  const int density = *rc::gen::inRange(0, 4);
  for (std::int16_t& w : c.weights) w = random_weight(layer.weight_bits, density);
  c.activations.resize(static_cast<std::size_t>(layer.conv_groups * layer.kernel * layer.pixels));
  const bool is_signed = layer.width == Width::k16 || *rc::gen::arbitrary<bool>();
  const int low = layer.width == Width::k16 ? -32768
                  : is_signed               ? -128
                                            : 0,
            values = layer.width == Width::k16 ? 65536 : 256;
  for (std::int16_t& a : c.activations) a = static_cast<std::int16_t>(*rc::gen::inRange(low, low + values));
  layer.weights = c.weights.data();
  return c;
}

std::vector<std::int64_t> sums(const BaselineLayer& layer, const std::vector<std::int16_t>& activations) {
  std::vector<std::int64_t> result;
  for (int channel = 0; channel < layer.output_channels; ++channel) {
    const int group = channel / (layer.output_channels / layer.conv_groups);
    for (std::int64_t pixel = 0; pixel < layer.pixels; ++pixel) {
      std::int64_t sum = 0;
      for (int k = 0; k < layer.kernel; ++k) {
        sum += std::int64_t{layer.weights[channel * layer.kernel + k]} *
               activations[(group * layer.kernel + k) * layer.pixels + pixel];
      }
      result.push_back(sum);
    }
  }
  return result;
}

TEST_CASE("every baseline steps to the sum of products, in the cycles of its model") {
  for (const BaselineKind* kind : baseline_kinds()) {
    rc::prop(kind->name(), [kind] {
      const Case c = random_case(*kind);
      const SteppedLayer stepped = step_layer(c.baseline, c.layer, c.activations);
      RC_ASSERT(stepped.sums == sums(c.layer, c.activations));
      const BaselineCycles model = layer_cycles(c.baseline, c.layer, c.activations);
      RC_ASSERT(model.cycles == stepped.cycles.cycles);
      RC_ASSERT(model.steps == stepped.cycles.steps);
      RC_ASSERT(model.pe_cycles == stepped.cycles.pe_cycles);
      RC_ASSERT(model.used_pe_cycles == stepped.cycles.used_pe_cycles);
      RC_ASSERT(model.terms == stepped.cycles.terms);
      RC_ASSERT(model.terms <= model.pe_cycles * kind->terms_per_cycle(c.baseline, c.layer.weight_bits));
      RC_ASSERT(model.pe_cycles <= model.used_pe_cycles);
      RC_ASSERT(model.used_pe_cycles <= model.cycles * c.baseline.rows * c.baseline.columns);
    });
  }
}

TEST_CASE("channels of tens of thousands of weights are counted in full, whatever the lanes") {
  for (const BaselineKind* kind : baseline_kinds()) {
    for (const int lanes : {1, 2, 8, 16, 17, 64, 255, 256}) {
      if (!accepts(*kind, lanes)) continue;
      for (const int weight_bits : {2, 8, 16}) {
        INFO(kind->name() << ", " << lanes << " lanes, " << weight_bits << " bits");
        Baseline baseline(*kind);
        baseline.lanes = lanes;
        baseline.rows = baseline.columns = 2;
        BaselineLayer layer;
        layer.weight_bits = weight_bits;
        layer.output_channels = 2;
        layer.kernel = 70'001;
        // The most ones that a weight has, and so the most terms that a channel can have; and few of them.
        const auto largest = static_cast<std::int16_t>((1 << (weight_bits - 1)) - 1);
        std::vector<std::int16_t> weights(2 * std::size_t{70'001}, largest);
        for (std::size_t i = 70'001; i < weights.size(); i += 3)
          weights[i] = static_cast<std::int16_t>(-largest);
        layer.weights = weights.data();
        const std::vector<std::int16_t> activations(70'001, 255);
        const SteppedLayer stepped = step_layer(baseline, layer, activations);
        const BaselineCycles model = layer_cycles(baseline, layer, activations);
        CHECK(stepped.sums == sums(layer, activations));
        CHECK(model.terms == stepped.cycles.terms);
        CHECK(model.cycles == stepped.cycles.cycles);
        CHECK(model.steps == stepped.cycles.steps);
        CHECK(model.pe_cycles == stepped.cycles.pe_cycles);
        CHECK(model.used_pe_cycles == stepped.cycles.used_pe_cycles);
      }
    }
  }
}

TEST_CASE("models and stepping agree on the weights of a trained network") {
  const Scenario scenario = load_scenario(std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/lenet.yaml",
                                          {{"network.count=1", ""}, {"quantization.nnzb=7", ""}});
  const Workload workload = prepare_workload(scenario, [](double) {});
  for (const QuantizedLayer& source : workload.network.layers) {
    if (source.op != LayerOp::kConv) continue;
    BaselineLayer layer;
    layer.weights = source.weights.data();
    layer.weight_bits = source.weight_bits;
    layer.output_channels = static_cast<int>(source.bias.size());
    layer.kernel = static_cast<int>(source.weights.size() / source.bias.size());
    layer.pixels = 3;
    std::vector<std::int16_t> activations(static_cast<std::size_t>(layer.kernel * layer.pixels));
    for (std::size_t i = 0; i < activations.size(); ++i)
      activations[i] = static_cast<std::int16_t>(i * 2654435761u % 256);
    for (const BaselineKind* kind : baseline_kinds()) {
      Baseline baseline(*kind);
      baseline.columns = 2;
      INFO(source.name << " on " << kind->name());
      const SteppedLayer stepped = step_layer(baseline, layer, activations);
      const BaselineCycles model = layer_cycles(baseline, layer, activations);
      CHECK(stepped.sums == sums(layer, activations));
      CHECK(model.cycles == stepped.cycles.cycles);
      CHECK(model.pe_cycles == stepped.cycles.pe_cycles);
    }
  }
}

/// Cycles of one group on one PE.
std::int64_t group(Baseline baseline, int weight_bits, const std::vector<std::int16_t>& weights) {
  baseline.rows = baseline.columns = 1;
  BaselineLayer layer;
  layer.weights = weights.data();
  layer.weight_bits = weight_bits;
  layer.kernel = static_cast<int>(weights.size());
  return layer_cycles(baseline, layer).cycles;
}

Baseline of(const char* kind, int lanes) {
  Baseline baseline(*find_baseline(kind));
  baseline.lanes = lanes;
  return baseline;
}

TEST_CASE("ones() counts the ones of each 16-bit word") {
  for (std::uint32_t word = 0; word <= 0xffff; ++word) {
    if (ones(static_cast<std::uint16_t>(word)) != __builtin_popcount(word)) FAIL(word);
  }
}

TEST_CASE("pop() takes the tokens of each 16-bit weight, the lowest first, and none is left") {
  for (const TokenForm form : {TokenForm::kBinary, TokenForm::kSignedDigit}) {
    for (std::int32_t weight = -0x7fff; weight <= 0x7fff; ++weight) {
      TokenMask left = isa::token_mask(weight, form);
      const int count = __builtin_popcount(left.ones);
      std::int32_t sum = 0;
      int popped = 0;
      for (int above = -1; left.ones != 0; ++popped) {
        const Token token = pop(left);
        if (token.position <= above) FAIL(weight);
        above = token.position;
        sum += token.negative ? -(1 << token.position) : 1 << token.position;
      }
      if (sum != weight || popped != count) FAIL(weight);
    }
  }
}

TEST_CASE("baselines are listed in the order in which they were published") {
  std::vector<std::string> names;
  for (const BaselineKind* kind : baseline_kinds()) {
    names.emplace_back(kind->name());
    CHECK(find_baseline(kind->name()) == kind);
  }
  CHECK(names == std::vector<std::string>{"dense", "stripes", "pragmatic", "bitfusion", "laconic", "bitlet",
                                          "bitwave", "bitvert"});
  CHECK(find_baseline("eyeriss") == nullptr);
}

TEST_CASE("dense takes a cycle, Stripes the bits of a weight, whatever their values") {
  const std::vector<std::int16_t> weights = {0, -127, 1, 64};
  CHECK(group(of("dense", 4), 8, weights) == 1);
  CHECK(group(of("stripes", 4), 8, weights) == 8);
  CHECK(group(of("stripes", 4), 5, {0, 0, 0, 0}) == 5);
}

TEST_CASE("Pragmatic takes the most ones of a magnitude, and the sign is none of them") {
  CHECK(group(of("pragmatic", 4), 8, {0, 0, 0, 0}) == 1);
  CHECK(group(of("pragmatic", 4), 8, {-1, 2, 64, -64}) == 1);
  CHECK(group(of("pragmatic", 4), 8, {-127, 2, 64, 3}) == 7);
  Baseline recoded = of("pragmatic", 4);
  recoded.terms = TokenForm::kSignedDigit;
  CHECK(group(recoded, 8, {-127, 2, 64, 3}) == 2);
}

TEST_CASE("Bitlet looks at each window for at least a cycle, at each position") {
  std::vector<std::int16_t> weights(64, 0);
  CHECK(group(of("bitlet", 64), 8, weights) == 8);
  weights[5] = 127;
  CHECK(group(of("bitlet", 64), 8, weights) == 8);
  weights[6] = -4;  // the second of its window at position 2
  CHECK(group(of("bitlet", 64), 8, weights) == 9);
  std::fill(weights.begin(), weights.end(), std::int16_t{1});
  CHECK(group(of("bitlet", 64), 8, weights) == 64);
}

TEST_CASE("Bitlet's windows start where the one before left a one") {
  std::vector<std::int16_t> weights(64, 0);
  for (const int lane : {6, 7, 22, 23}) weights[lane] = 1;
  // Windows at 0, 7, 15, 23, 31, 39, 47, 55, 63; fixed ones at multiples of 8 would take 2 + 1 + 2 + 5.
  CHECK(group(of("bitlet", 64), 8, weights) == 9);
}

TEST_CASE("BitWave skips the columns without a one") {
  CHECK(group(of("bitwave", 4), 8, {0, 0, 0, 0}) == 1);
  CHECK(group(of("bitwave", 4), 8, {1, -1, 1, 4}) == 2);
  CHECK(group(of("bitwave", 4), 8, {127, 0, 0, 0}) == 7);
}

TEST_CASE("BitVert skips the columns whose bits are equal, ones or zeros") {
  CHECK(group(of("bitvert", 4), 8, {0, 0, 0, 0}) == 1);
  CHECK(group(of("bitvert", 4), 8, {-1, -1, -1, -1}) == 1);
  CHECK(group(of("bitvert", 4), 8, {-1, -1, -1, -2}) == 1);  // 1111 1111 against 1111 1110
  CHECK(group(of("bitvert", 4), 8, {0, 0, 0, -1}) == 8);
}

TEST_CASE("Laconic multiplies the terms of weight and activation") {
  Baseline laconic = of("laconic", 2);
  laconic.rows = laconic.columns = 1;
  const std::vector<std::int16_t> weights = {3, 7};
  BaselineLayer layer;
  layer.weights = weights.data();
  layer.kernel = 2;
  CHECK(layer_cycles(laconic, layer, {15, 1}).cycles == 8);
  CHECK(layer_cycles(laconic, layer, {0, 0}).cycles == 1);
  CHECK_THROWS_WITH(layer_cycles(laconic, layer), Contains("activations"));
  CHECK_THROWS_WITH(layer_cycles(laconic, layer, {1}), Contains("do not fit"));
}

TEST_CASE("rows wait for the slowest: what is lost is told") {
  Baseline pragmatic = of("pragmatic", 2);
  pragmatic.rows = 2;
  pragmatic.columns = 4;
  const std::vector<std::int16_t> weights = {7, 0, 1, 0};  // two channels
  BaselineLayer layer;
  layer.weights = weights.data();
  layer.output_channels = 2;
  layer.kernel = 2;
  layer.pixels = 8;
  const BaselineCycles cycles = layer_cycles(pragmatic, layer);
  CHECK(cycles.steps == 2);
  CHECK(cycles.cycles == 2 * 3);
  CHECK(cycles.pe_cycles == 8 * (3 + 1));
}

TEST_CASE("a step lasts as long as the buffers take to deliver the next one") {
  Baseline dense = of("dense", 2);
  dense.rows = dense.columns = 1;
  dense.delivery.activation_bits = 6;
  const std::vector<std::int16_t> weights = {1, 2, 3, 4};
  BaselineLayer layer;
  layer.weights = weights.data();
  layer.kernel = 4;
  const BaselineCycles cycles = layer_cycles(dense, layer);
  CHECK(cycles.cycles == 2 * 3);
  CHECK(cycles.used_pe_cycles == 2);
}

TEST_CASE("a step that is not full lasts as long as what is delivered for it") {
  const std::vector<std::int16_t> weights(17 * 17, 1);
  const std::vector<std::int16_t> activations(17 * 64, 1);
  for (const char* name : {"dense", "laconic"}) {
    INFO(name);
    Baseline baseline = of(name, 16);
    baseline.rows = 16;
    baseline.columns = 8;
    const auto cycles = [&](const Delivery& delivery, int channels, int kernel, int pixels) {
      baseline.delivery = delivery;
      BaselineLayer layer;
      layer.weights = weights.data();
      layer.output_channels = channels;
      layer.kernel = kernel;
      layer.pixels = pixels;
      const std::vector<std::int16_t> some(activations.begin(), activations.begin() + kernel * pixels);
      return layer_cycles(baseline, layer, some).cycles;
    };
    const Delivery activations_of_half = {64 * 8, 1 << 20}, weights_of_half = {1 << 20, 128 * 8};
    CHECK(cycles(activations_of_half, 16, 17, 64) == 8 * (2 + 1));
    CHECK(cycles(activations_of_half, 16, 16, 49) == 6 * 2 + 1);
    CHECK(cycles(weights_of_half, 16, 17, 64) == 8 * (2 + 1));
    CHECK(cycles(weights_of_half, 17, 16, 64) == 8 * (2 + 1));
  }
}

TEST_CASE("arrays that do not exist are refused") {
  const auto refused = [](const Baseline& baseline) {
    CHECK_THROWS_AS(check(baseline), std::invalid_argument);
  };
  refused(of("bitlet", 32));
  refused(of("bitvert", 15));
  refused(of("dense", 0));
  Baseline hasty = of("dense", 4);
  hasty.delivery.weight_bits = 0;
  refused(hasty);
  Baseline baseline = of("dense", 16);
  baseline.rows = 0;
  refused(baseline);
  CHECK_THROWS_WITH(check(of("bitlet", 32)), "bitlet: lanes = 32: accepted: 64");
}

}  // namespace
}  // namespace bitbalance::test
