// Windows beyond what a command of the accelerator holds, and windows that overhang the padding.
#include <catch2/catch.hpp>

#include <random>

#include "quant/eval/evaluator.h"
#include "quant/onnx/operators/layers/wide_window.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/quant/onnx/reference/onnx_reference.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

ReferenceTensor tensor_of(const Ints& dims, const Floats& values) {
  return {dims, {values.begin(), values.end()}};
}

void check_conv(const Ints& image, const Ints& weights, std::int64_t group, const Ints& strides,
                const Ints& dilations, const Ints& pads) {
  const auto count = [](const Ints& dims) {
    int elements = 1;
    for (const std::int64_t extent : dims) elements *= static_cast<int>(extent);
    return elements;
  };
  const Floats x = random_values(count(image), 1), w = random_values(count(weights), 2);
  OnnxBuilder model(image);
  model.constant("w", weights, w);
  onnx::NodeProto& conv = model.node("Conv", {"x", "w"}, "y");
  set_attribute(conv, "group", group);
  set_attribute(conv, "strides", strides);
  set_attribute(conv, "dilations", dilations);
  set_attribute(conv, "pads", pads);
  const ReferenceTensor image_tensor = tensor_of(image, x), weight_tensor = tensor_of(weights, w);
  const ReferenceTensor expected = reference(conv, 13, {&image_tensor, &weight_tensor})[0];
  CAPTURE(image, weights, strides, dilations, pads);
  const Network network = model.import();
  for (const Node& node : network.nodes) {
    CHECK(std::max({node.window.stride_h, node.window.stride_w, node.window.dilation_h,
                    node.window.dilation_w}) <= kMostStride);
    CHECK(std::max(node.window.kernel_h, node.window.kernel_w) <= kMostKernel);
  }
  const Floats found = Evaluator(network).run(x);
  REQUIRE(found.size() == expected.values.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] == Approx(expected.values[i]).margin(1e-4 + 1e-7 * count(weights)));
}

}  // namespace

TEST_CASE("convolutions of wide strides are convolutions over blocks") {
  check_conv({1, 3, 32, 32}, {4, 3, 16, 16}, 1, {16, 16}, {1, 1}, {0, 0, 0, 0});  // patches
  check_conv({1, 2, 40, 37}, {2, 2, 3, 3}, 1, {16, 17}, {1, 1}, {1, 1, 1, 1});
  check_conv({1, 4, 40, 20}, {2, 2, 20, 3}, 2, {16, 2}, {1, 1}, {3, 0, 2, 1});
  check_conv({1, 1, 70, 9}, {1, 1, 3, 2}, 1, {20, 1}, {16, 2}, {0, 0, 0, 0});
}

TEST_CASE("convolutions of wide dilations have zeros between their weights") {
  check_conv({1, 2, 40, 40}, {3, 2, 3, 3}, 1, {1, 1}, {16, 16}, {0, 0, 0, 0});
  check_conv({1, 2, 40, 40}, {2, 1, 3, 2}, 2, {2, 1}, {17, 18}, {17, 0, 17, 9});
}

TEST_CASE("convolutions of large kernels are sums of convolutions of their parts") {
  check_conv({1, 1, 1, 600}, {3, 1, 1, 256}, 1, {1, 1}, {1, 1}, {0, 0, 0, 0});
  check_conv({1, 2, 1, 300}, {4, 1, 1, 256}, 2, {1, 3}, {1, 1}, {0, 128, 0, 90});
  check_conv({1, 1, 300, 3}, {2, 1, 260, 2}, 1, {2, 1}, {1, 1}, {3, 1, 0, 0});
  check_conv({1, 1, 1, 900}, {1, 1, 1, 300}, 1, {1, 2}, {1, 2}, {0, 0, 0, 5});
  check_conv({1, 1, 270, 270}, {1, 1, 256, 257}, 1, {1, 1}, {1, 1}, {0, 0, 0, 0});
  check_conv({1, 1, 1, 1200}, {1, 1, 1, 1000}, 1, {1, 1}, {1, 1}, {0, 0, 0, 0});
  check_conv({1, 1, 1, 900}, {1, 1, 1, 600}, 1, {1, 2}, {1, 1}, {0, 9, 0, 0});
}

TEST_CASE("a pooling over more than a command holds is the host's") {
  for (const char* op : {"GlobalMaxPool", "GlobalAveragePool", "ReduceMax", "ReduceMean"}) {
    OnnxBuilder model({1, 1, 2, 300});
    onnx::NodeProto& node = model.node(op, {"x"}, "y");
    if (op[0] == 'R') set_attribute(node, "axes", Ints{2, 3});
    Floats x(600, 0.5F);
    x[17] = 300.5F;
    CAPTURE(op);
    CHECK(model.import().nodes.at(0).op == Op::kHost);
    CHECK(model.run(x) == Floats{std::string(op).find("Max") != std::string::npos ? 300.5F : 1.0F});
  }
}

TEST_CASE("random wide convolutions are what the definition says") {
  std::mt19937 random(3);
  const auto draw = [&](int least, int most) {
    return std::int64_t{std::uniform_int_distribution<int>(least, most)(random)};
  };
  for (int i = 0; i < 30; ++i) {
    const bool strides_are_wide = draw(0, 1) == 1;
    const Ints kernel = {draw(1, 4), draw(1, 4)};
    const Ints wide = {draw(1, 24), draw(16, 24)}, narrow = {draw(1, 3), draw(1, 3)};
    const std::int64_t group = draw(1, 2), each = draw(1, 2);
    check_conv({1, group * each, draw(75, 90), draw(75, 90)},
               {group * draw(1, 2), each, kernel[0], kernel[1]}, group, strides_are_wide ? wide : narrow,
               strides_are_wide ? narrow : wide, {draw(0, 2), draw(0, 2), draw(0, 2), draw(0, 2)});
  }
}

TEST_CASE("a mean that overhangs counted padding is divided by what lies in image and padding") {
  OnnxBuilder model({1, 1, 1, 4});
  onnx::NodeProto& pool = model.node("AveragePool", {"x"}, "y");
  set_attribute(pool, "kernel_shape", Ints{1, 3});
  set_attribute(pool, "strides", Ints{1, 2});
  set_attribute(pool, "pads", Ints{0, 1, 0, 0});
  set_attribute(pool, "ceil_mode", std::int64_t{1});
  set_attribute(pool, "count_include_pad", std::int64_t{1});
  // 0 1 2, 2 3 4 and nothing more: five elements, windows of three at 0 and 2.
  CHECK(model.run({1, 2, 3, 4}) == Floats{1, 3});
  set_attribute(*model.graph().mutable_node(0), "strides", Ints{1, 3});
  model.graph().mutable_node(0)->mutable_attribute()->SwapElements(1, 5);
  model.graph().mutable_node(0)->mutable_attribute()->RemoveLast();
  // 0 1 2 and 3 4: the last one is a mean of two.
  CHECK(model.run({1, 2, 3, 4}) == Floats{1, 3.5F});
}

TEST_CASE(
    "a window that would begin in counted padding at the end is none, or refused before operator set 22") {
  const auto pool = [](std::int64_t opset) {  // sonos/tract: averagepool_count_include_pad
    OnnxBuilder model({1, 1, 2, 2}, opset);
    onnx::NodeProto& node = model.node("AveragePool", {"x"}, "y");
    set_attribute(node, "kernel_shape", Ints{3, 3});
    set_attribute(node, "strides", Ints{3, 3});
    set_attribute(node, "pads", Ints{1, 1, 1, 1});
    set_attribute(node, "ceil_mode", std::int64_t{1});
    set_attribute(node, "count_include_pad", std::int64_t{1});
    return model;
  };
  CHECK(pool(22).run({9, 18, 27, 36}) == Floats{10});
  CHECK_THAT(pool(21).refusal(), Catch::Contains("a window lies in the padding altogether"));
}

TEST_CASE("counted padding of auto_pad counts, with ceil_mode, too, which adds nothing to it") {
  for (const std::int64_t ceil : {0, 1}) {
    OnnxBuilder model({1, 1, 1, 4});
    onnx::NodeProto& pool = model.node("AveragePool", {"x"}, "y");
    set_attribute(pool, "kernel_shape", Ints{1, 3});
    set_attribute(pool, "auto_pad", std::string("SAME_UPPER"));
    set_attribute(pool, "ceil_mode", ceil);
    set_attribute(pool, "count_include_pad", std::int64_t{1});
    CHECK(model.run({3, 6, 9, 12}) == Floats{3, 6, 9, 7});
  }
}

namespace {

Floats counted(int count) {
  Floats values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(i));
  return values;
}

int count_of(const Network& network, Op op) {
  return static_cast<int>(std::count_if(network.nodes.begin(), network.nodes.end(),
                                        [op](const Node& node) { return node.op == op; }));
}

}  // namespace

TEST_CASE("a convolution over a volume is one layer, with the file's weights once") {
  OnnxBuilder model({1, 1, 3, 2, 2});
  model.constant("w", {1, 1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  model.constant("b", {1}, Floats{100});
  onnx::NodeProto& conv = model.node("Conv", {"x", "w", "b"}, "y");
  set_attribute(conv, "pads", Ints{0, 1, 1, 0, 0, 0});
  const Network network = model.import();
  CHECK(count_of(network, Op::kConv) == 1);
  for (const Node& node : network.nodes)
    if (node.op == Op::kConv) CHECK(node.weights == Floats{1, 2, 3, 4, 5, 6, 7, 8});
  // p = numpy.pad(arange(12).reshape(3, 2, 2), ((0, 0), (1, 0), (1, 0))), then
  // 100 + (w * p[d:d+2, y:y+2, x:x+2]).sum()
  CHECK(Evaluator(network).run(counted(12)) == Floats{132, 172, 180, 268, 180, 260, 260, 412});
}

TEST_CASE("what follows each element or channel of a convolution over a volume joins it") {
  OnnxBuilder model({1, 2, 4, 5, 6});
  const Floats w = random_values(3 * 2 * 27, 1);
  model.constant("w", {3, 2, 3, 3, 3}, w);
  for (const char* name : {"scale", "shift", "mean"}) model.constant(name, {3}, random_values(3, name[1]));
  model.constant("variance", {3}, Floats{1, 2, 3});
  set_attribute(model.node("Conv", {"x", "w"}, "c"), "pads", Ints{1, 1, 1, 1, 1, 1});
  model.node("BatchNormalization", {"c", "scale", "shift", "mean", "variance"}, "n");
  model.node("Relu", {"n"}, "y");
  model.output_rank(5);
  const Network network = fold_affine(model.import());
  CHECK(count_of(network, Op::kAffine) == 0);
  CHECK(count_of(network, Op::kConv) == 1);
  CHECK(count_of(network, Op::kClip) == 1);
  // Planes to channels, the convolution, its clip, the rows between planes cut off.
  CHECK(network.nodes.back().op == Op::kHost);
  CHECK(network.nodes.back().host.steps.back().type == "Slice");
}

TEST_CASE("convolutions along the depth alone, and of windows beside each other, move nothing") {
  for (const Ints& kernel : {Ints{3, 1, 1}, Ints{1, 1, 1}, Ints{4, 2, 2}}) {
    OnnxBuilder model({1, 2, 4, 4, 4});
    Ints weights = {3, 2};
    weights.insert(weights.end(), kernel.begin(), kernel.end());
    int count = 1;
    for (const std::int64_t extent : weights) count *= static_cast<int>(extent);
    model.constant("w", weights, random_values(count, 1));
    onnx::NodeProto& conv = model.node("Conv", {"x", "w"}, "y");
    if (kernel[1] == 2) set_attribute(conv, "strides", Ints{1, 2, 2});
    CAPTURE(kernel);
    for (const Node& node : model.import().nodes) {
      CHECK((node.op == Op::kConv || node.host.steps.at(0).type == "Identity"));
    }
  }
}

TEST_CASE("a pooling over a volume is two layers, of planes and along the depth") {
  for (const char* op : {"MaxPool", "AveragePool"}) {
    OnnxBuilder model({1, 1, 3, 2, 4});
    onnx::NodeProto& pool = model.node(op, {"x"}, "y");
    set_attribute(pool, "kernel_shape", Ints{2, 2, 2});
    set_attribute(pool, "strides", Ints{1, 2, 2});
    set_attribute(pool, "pads", Ints{1, 0, 0, 0, 0, 0});
    const Network network = model.import();
    const bool is_max = op[0] == 'M';
    CAPTURE(op);
    CHECK(count_of(network, is_max ? Op::kMaxPool : Op::kAvgPool) == 2);
    CHECK(Evaluator(network).run(counted(24)) ==
          (is_max ? Floats{5, 7, 13, 15, 21, 23} : Floats{2.5F, 4.5F, 6.5F, 8.5F, 14.5F, 16.5F}));
  }
}

TEST_CASE("random convolutions over volumes are what the definition says") {
  std::mt19937 random(5);
  const auto draw = [&](int least, int most) {
    return std::int64_t{std::uniform_int_distribution<int>(least, most)(random)};
  };
  for (int i = 0; i < 60; ++i) {
    const std::int64_t group = draw(1, 2), each = draw(1, 2);
    const bool is_wide = draw(0, 9) == 0;
    check_conv({1, group * each, draw(4, 6), draw(4, 6) + (is_wide ? 32 : 0), draw(4, 6)},
               {group * draw(1, 2), each, draw(1, 3), draw(1, 3), draw(1, 3)}, group,
               {draw(1, 3), is_wide ? 17 : draw(1, 3), draw(1, 3)},
               {draw(1, 2), draw(1, is_wide ? 17 : 2), draw(1, 2)},
               {draw(0, 2), draw(0, 4), draw(0, 2), draw(0, 2), draw(0, 4), draw(0, 2)});
  }
}

TEST_CASE("a convolution over a volume says what it does not take") {
  OnnxBuilder model({1, 2, 4, 4, 4});
  model.constant("w", {3, 2, 3, 3, 3}, random_values(162, 1));
  set_attribute(model.node("Conv", {"x", "w"}, "y"), "strides", Ints{1, 1});
  CHECK_THAT(model.refusal(), Catch::Contains("strides"));
  OnnxBuilder four({1, 1, 2, 2, 2, 2});
  four.constant("w", {1, 1, 1, 1, 1, 1}, Floats{1});
  four.node("Conv", {"x", "w"}, "y");
  CHECK_THAT(four.refusal(), Catch::Contains("accepted: 1 x channels x one to three dimensions of space"));
}
