// Folding of affine nodes and fusion into integer layers.
#include "quant/method/layers/fusion.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "quant/eval/evaluator.h"
#include "quant/method/layers/host_placement.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/support/check_near.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

int conv_1x1(NetworkBuilder& builder, const std::string& name, int input, int channels) {
  return builder.conv(name, input, channels, square_window(1), random_values(channels * channels, 7),
                      random_values(channels, 8));
}

}  // namespace

TEST_CASE("folding keeps the network's function") {
  const Shape shape = {3, 5, 4};
  NetworkBuilder builder(shape);
  const int conv =
      builder.conv("conv", 0, 4, square_window(3, 1, 1), random_values(4 * 27, 1), random_values(4, 2));
  const int folded = builder.affine("folded", conv, random_values(4, 3), random_values(4, 4));
  const int relu = builder.relu("relu", folded);
  const int alone = builder.affine("alone", relu, random_values(4, 5), random_values(4, 6));
  const Network network = builder.build(builder.add("sum", alone, relu));
  const Network result = fold_affine(network);

  REQUIRE(result.nodes.size() == 4);
  CHECK(result.nodes[0].name == "conv");
  CHECK(result.nodes[0].output == folded);
  CHECK(result.nodes[2].op == Op::kConv);
  CHECK(result.nodes[2].groups == 4);
  const std::vector<float> image = random_values(shape.elements(), 9);
  check_near(Evaluator(result).run(image), Evaluator(network).run(image));
}

TEST_CASE("an affine after a convolution that others read becomes a depthwise convolution") {
  NetworkBuilder builder({2, 3, 3});
  const int conv = conv_1x1(builder, "conv", 0, 2);
  const int affine = builder.affine("affine", conv, {2, 3}, {1, 0});
  const Network network = builder.build(builder.add("sum", affine, conv));
  const Network result = fold_affine(network);
  CHECK(result.nodes[1].op == Op::kConv);
  CHECK(result.nodes[1].groups == 2);
  const std::vector<float> image = random_values(18, 9);
  check_near(Evaluator(result).run(image), Evaluator(network).run(image));
}

TEST_CASE("a scale that is not one per channel is an internal error wherever it is read") {
  for (const std::size_t count : {1, 3}) {
    NetworkBuilder builder({2, 3, 3});
    const Network network = builder.build(
        builder.affine("affine", 0, std::vector<float>(count, 2.0F), std::vector<float>(count, 0.0F)));
    CHECK_THROWS_AS(fold_affine(network), std::logic_error);
    CHECK_THROWS_AS(lower_network(network), std::logic_error);
    CHECK_THROWS_AS(Evaluator(network).run(random_values(18, 9)), std::logic_error);
    HostOperator sigmoid;
    sigmoid.type = "Sigmoid";
    CHECK_THROWS_WITH(place_on_host(builder.build(builder.host("last", {network.output}, sigmoid))),
                      fmt::format("internal error: 'affine' scales {0} and shifts {0} of 2 channels", count));
  }
}

TEST_CASE("clips join the layer before them") {
  NetworkBuilder builder({1, 2, 2});
  const int conv = conv_1x1(builder, "conv", 0, 1);
  const int relu = builder.relu("relu", conv);
  const Network network = builder.build(builder.clip("six", relu, -1, 6));
  const std::vector<FusedLayer> layers = fuse(network);
  REQUIRE(layers.size() == 1);
  CHECK(layers[0].low == 0);
  CHECK(layers[0].high == 6);
  CHECK(layers[0].output == network.output);
}

TEST_CASE("a clip of a value that others read is a 1x1 max pooling") {
  NetworkBuilder builder({1, 2, 2});
  const int conv = conv_1x1(builder, "conv", 0, 1);
  const int relu = builder.relu("relu", conv);
  const Network network = builder.build(builder.add("sum", relu, conv));
  const std::vector<FusedLayer> layers = fuse(network);
  // The sum cannot join the convolution either: the pooling reads that first.
  REQUIRE(layers.size() == 3);
  CHECK(layers[1].op == LayerOp::kMaxPool);
  CHECK(layers[1].low == 0);
  CHECK(layers[2].op == LayerOp::kAdd);
}

TEST_CASE("a residual addition and its clip join the later convolution") {
  NetworkBuilder builder({2, 3, 3});
  const int shortcut = conv_1x1(builder, "shortcut", 0, 2);
  const int main = conv_1x1(builder, "main", 0, 2);
  const int sum = builder.add("sum", shortcut, main);
  const Network network = builder.build(builder.relu("relu", sum));
  const std::vector<FusedLayer> layers = fuse(network);
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].node->name == "shortcut");
  CHECK(layers[1].node->name == "main");
  CHECK(layers[1].operand == shortcut);
  CHECK(layers[1].output == network.output);
  CHECK(layers[1].low == 0);
}

TEST_CASE("a convolution moves behind the operand that it takes up") {
  NetworkBuilder builder({2, 3, 3});
  const int early = conv_1x1(builder, "early", 0, 2);
  const int late = builder.relu("relu", conv_1x1(builder, "late", 0, 2));
  const Network network = builder.build(builder.add("sum", early, late));
  const std::vector<FusedLayer> layers = fuse(network);
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].node->name == "late");
  CHECK(layers[1].node->name == "early");
  CHECK(layers[1].operand == late);
}

TEST_CASE("a sum of clipped or repeated values stays an addition") {
  SECTION("both clipped") {
    NetworkBuilder builder({1, 2, 2});
    const int a = builder.relu("relu_a", conv_1x1(builder, "a", 0, 1));
    const int b = builder.relu("relu_b", conv_1x1(builder, "b", 0, 1));
    const Network network = builder.build(builder.add("sum", a, b));
    CHECK(fuse(network).back().op == LayerOp::kAdd);
  }
  SECTION("the same value twice") {
    NetworkBuilder builder({1, 2, 2});
    const int a = conv_1x1(builder, "a", 0, 1);
    const Network network = builder.build(builder.add("sum", a, a));
    CHECK(fuse(network).back().op == LayerOp::kAdd);
  }
}

TEST_CASE("inputs of a concatenation become slices of its result") {
  NetworkBuilder builder({2, 3, 3});
  const int a = builder.relu("relu_a", conv_1x1(builder, "a", 0, 3));
  const int b = conv_1x1(builder, "b", 0, 2);
  const int both = builder.concat("both", {a, b});
  const Network network = builder.build(conv_1x1(builder, "last", both, 1));
  const std::vector<FusedLayer> layers = fuse(network);
  REQUIRE(layers.size() == 3);
  CHECK(layers[0].concat == both);
  CHECK(layers[0].channel_offset == 0);
  CHECK(layers[0].output == a);
  CHECK(layers[1].concat == both);
  CHECK(layers[1].channel_offset == 3);
  CHECK(layers[2].input == both);
  CHECK(layers[2].concat == -1);
}

TEST_CASE("what cannot be a slice is copied into one") {
  NetworkBuilder builder({2, 3, 3});
  const int pool = builder.pool("pool", Op::kMaxPool, 0, square_window(1));
  const int conv = conv_1x1(builder, "conv", 0, 2);
  const int inner = builder.concat("inner", {conv, conv});
  const int outer = builder.concat("outer", {0, pool, inner, conv});
  const std::vector<FusedLayer> layers = fuse(builder.build(outer));
  // pool, conv (a slice of inner), its second copy, and copies of all that outer takes.
  REQUIRE(layers.size() == 7);
  CHECK(layers[0].concat == -1);
  CHECK(layers[1].concat == inner);
  for (std::size_t i = 2; i < layers.size(); ++i) {
    CHECK(layers[i].op == LayerOp::kAvgPool);
    CHECK(layers[i].output == -1);
  }
  CHECK(layers[2].concat == inner);
  CHECK(layers[2].channel_offset == 2);
  CHECK(layers[3].input == 0);
  CHECK(layers[4].input == pool);
  CHECK(layers[5].input == inner);
  CHECK(layers[6].input == conv);
  CHECK(layers[6].concat == outer);
  CHECK(layers[6].channel_offset == 2 + 2 + 4);
}
