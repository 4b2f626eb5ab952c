// One meaning, one form: spellings of the same function become the same network.
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "quant/eval/evaluator.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/quant/onnx/random/respelling.h"
#include "tests/support/check_near.h"
#include "tests/support/random/random_model.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

const Floats kImage = {-4, -2.5F, -0.5F, 0, 0.25F, 1, 2.75F, 3.5F};

OnnxBuilder begin(std::int64_t opset = 18) {
  OnnxBuilder model({1, 2, 2, 2}, opset);
  for (const float value : {-0.5F, 0.0F, 0.5F, 1.0F, 3.0F, 6.0F})
    model.constant(value < 0 ? "minus" : "c" + std::to_string(static_cast<int>(value * 10)), {}, {value});
  return model.constant("sixth", {}, {1.0F / 6})
      .constant("c-10", {}, {-1})
      .constant("root", {}, {std::sqrt(2.0F)})
      .constant("inverse", {}, {std::sqrt(0.5F)});
}

/// Nodes of "OP a b > result", one a line; the last one's is "y".
OnnxBuilder spelled(const std::vector<std::vector<std::string>>& nodes, std::int64_t opset = 18) {
  OnnxBuilder model = begin(opset);
  for (const std::vector<std::string>& node : nodes)
    model.node(node[0], {node.begin() + 1, node.end() - 1}, node.back());
  return model;
}

/// All are one operator of the host, and compute `expected`.
void check_host(const std::string& type, const std::vector<OnnxBuilder>& models, double (*expected)(double)) {
  for (std::size_t m = 0; m < models.size(); ++m) {
    CAPTURE(type, m);
    const Network network = models[m].import();
    REQUIRE(network.nodes.size() == 1);
    REQUIRE(network.nodes[0].host.steps.size() == 1);
    CHECK(network.nodes[0].host.steps[0].type == type);
    const Floats found = Evaluator(network).run(kImage);
    for (std::size_t i = 0; i < found.size(); ++i)
      CHECK(found[i] == Approx(expected(kImage[i])).margin(1e-5));
  }
}

std::vector<Op> operators(const OnnxBuilder& model) {
  std::vector<Op> found;
  for (const Node& node : model.import().nodes) found.push_back(node.op);
  return found;
}

OnnxBuilder hard_sigmoid_node() {
  OnnxBuilder model = begin();
  onnx::NodeProto& node = model.node("HardSigmoid", {"x"}, "y");
  set_attribute(node, "alpha", 1.0F / 6);
  set_attribute(node, "beta", 0.5F);
  return model;
}

void check_respelled(const onnx::ModelProto& model, std::uint32_t seed, const Floats& image) {
  const onnx::ModelProto other = respelled(model, seed);
  CAPTURE(seed);
  const Network plain = import_bytes(model.SerializeAsString());
  const Network found = import_bytes(other.SerializeAsString());
  REQUIRE(difference(plain, found) == "");
  Evaluator expected(plain), evaluated(found);
  check_near(evaluated.run(image), expected.run(image), 1e-4);
}

}  // namespace

TEST_CASE("random models are the same network in any words") {
  for (std::uint32_t seed = 0; seed < 600; ++seed) {
    const RandomModel drawn = make_random_model(seed);
    onnx::ModelProto model;
    REQUIRE(model.ParseFromString(drawn.onnx));
    INFO(drawn.order);
    check_respelled(model, seed, drawn.images[0]);
  }
}

TEST_CASE("functions are one operator in any words") {
  for (const char* op : {"Gelu", "HardSwish", "Mish", "Neg", "Sigmoid", "Softplus"}) {
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
      OnnxBuilder model = begin(20);
      onnx::NodeProto& node = model.node(op, {"x"}, "y");
      if (op == std::string("Gelu") && seed % 2 != 0) set_attribute(node, "approximate", std::string("tanh"));
      INFO(op);
      check_respelled(model.model(), seed, kImage);
    }
  }
}

TEST_CASE("HardSwish is one operator in all its spellings") {
  check_host("HardSwish",
             {
                 spelled({{"HardSwish", "x", "y"}}),
                 spelled({{"Add", "x", "c30", "a"},
                          {"Clip", "a", "c0", "c60", "c"},
                          {"Mul", "x", "c", "m"},
                          {"Div", "m", "c60", "y"}}),
                 spelled({{"Add", "c30", "x", "a"},
                          {"Clip", "a", "c0", "c60", "c"},
                          {"Div", "c", "c60", "d"},
                          {"Mul", "x", "d", "y"}}),
                 spelled({{"Add", "x", "c30", "a"},
                          {"Relu", "a", "r"},
                          {"Min", "r", "c60", "c"},
                          {"Mul", "c", "sixth", "d"},
                          {"Mul", "d", "x", "y"}}),
                 spelled({{"Add", "x", "c30", "a"},
                          {"Max", "a", "c0", "r"},
                          {"Min", "c60", "r", "c"},
                          {"Mul", "x", "sixth", "d"},
                          {"Mul", "d", "c", "y"}}),
                 spelled({{"Mul", "x", "sixth", "s"},
                          {"Add", "s", "c5", "a"},
                          {"Clip", "a", "c0", "c10", "c"},
                          {"Mul", "x", "c", "y"}}),
             },
             [](double x) { return x * std::min(std::max(x + 3, 0.0), 6.0) / 6; });
}

TEST_CASE("Sigmoid is one operator, whatever negates x") {
  std::vector<OnnxBuilder> models;
  for (const std::vector<std::string>& minus :
       std::vector<std::vector<std::string>>{{"Neg", "x", "n"},
                                             {"Sub", "c0", "x", "n"},
                                             {"Mul", "x", "c-10", "n"},
                                             {"Mul", "c-10", "x", "n"},
                                             {"Div", "x", "c-10", "n"}}) {
    models.push_back(spelled({minus, {"Exp", "n", "e"}, {"Add", "e", "c10", "s"}, {"Div", "c10", "s", "y"}}));
  }
  check_host("Sigmoid", models, [](double x) { return 1 / (1 + std::exp(-x)); });
  for (const std::vector<std::string>& other :
       std::vector<std::vector<std::string>>{{"Sub", "c10", "x", "n"},
                                             {"Sub", "x", "c0", "n"},
                                             {"Div", "c-10", "x", "n"},
                                             {"Div", "x", "c10", "n"}}) {
    const OnnxBuilder model =
        spelled({other, {"Exp", "n", "e"}, {"Add", "e", "c10", "s"}, {"Div", "c10", "s", "y"}});
    CHECK(model.import().nodes.size() > 1);
  }
}

TEST_CASE("x of a function may itself be a number times something") {
  const std::vector<Op> scaled = {Op::kAffine, Op::kHost};
  CHECK(operators(spelled({{"Mul", "x", "c30", "s"},
                           {"Add", "s", "c30", "a"},
                           {"Clip", "a", "c0", "c60", "c"},
                           {"Mul", "s", "c", "m"},
                           {"Div", "m", "c60", "y"}})) == scaled);
  CHECK(operators(spelled({{"Div", "x", "c60", "s"},
                           {"Div", "s", "root", "d"},
                           {"Erf", "d", "e"},
                           {"Add", "e", "c10", "a"},
                           {"Mul", "s", "a", "m"},
                           {"Mul", "m", "c5", "y"}})) == scaled);
}

TEST_CASE("HardSigmoid is a straight line and a clip in all its spellings") {
  for (const OnnxBuilder& model :
       {hard_sigmoid_node(),
        spelled({{"Add", "x", "c30", "a"}, {"Clip", "a", "c0", "c60", "c"}, {"Div", "c", "c60", "y"}}),
        spelled({{"Add", "x", "c30", "a"},
                 {"Min", "a", "c60", "m"},
                 {"Relu", "m", "c"},
                 {"Mul", "sixth", "c", "y"}})}) {
    CHECK(operators(model) == std::vector<Op>{Op::kAffine, Op::kClip});
    const Floats found = model.run(kImage);
    for (std::size_t i = 0; i < found.size(); ++i)
      CHECK(found[i] == Approx(std::min(std::max(kImage[i] + 3, 0.0F), 6.0F) / 6).margin(1e-5));
  }
}

TEST_CASE("Gelu is one operator in all its spellings") {
  check_host("Gelu",
             {
                 spelled({{"Gelu", "x", "y"}}, 20),
                 spelled({{"Div", "x", "root", "d"},
                          {"Erf", "d", "e"},
                          {"Add", "e", "c10", "a"},
                          {"Mul", "x", "a", "m"},
                          {"Mul", "m", "c5", "y"}}),
                 spelled({{"Mul", "x", "inverse", "d"},
                          {"Erf", "d", "e"},
                          {"Add", "c10", "e", "a"},
                          {"Mul", "c5", "a", "m"},
                          {"Mul", "x", "m", "y"}}),
                 spelled({{"Mul", "x", "c5", "h"},
                          {"Div", "x", "root", "d"},
                          {"Erf", "d", "e"},
                          {"Add", "e", "c10", "a"},
                          {"Mul", "h", "a", "y"}}),
             },
             [](double x) { return x * (1 + std::erf(x / std::sqrt(2.0))) / 2; });
}

TEST_CASE("what is nearly such an idiom keeps its own meaning") {
  // Another shift, another bound, another operand, and a step that somebody else reads.
  const auto run = [](const OnnxBuilder& model) { return model.run(kImage); };
  const auto expect = [](double (*f)(double)) {
    Floats values;
    for (const float x : kImage) values.push_back(static_cast<float>(f(x)));
    return values;
  };
  check_near(run(spelled({{"Add", "x", "c10", "a"},
                          {"Clip", "a", "c0", "c60", "c"},
                          {"Mul", "x", "c", "m"},
                          {"Div", "m", "c60", "y"}})),
             expect([](double x) { return x * std::min(std::max(x + 1, 0.0), 6.0) / 6; }));
  check_near(run(spelled({{"Add", "x", "c30", "a"},
                          {"Clip", "a", "c0", "c30", "c"},
                          {"Mul", "x", "c", "m"},
                          {"Div", "m", "c60", "y"}})),
             expect([](double x) { return x * std::min(std::max(x + 3, 0.0), 3.0) / 6; }));
  check_near(run(spelled({{"Div", "x", "root", "d"},
                          {"Erf", "d", "e"},
                          {"Add", "e", "c10", "a"},
                          {"Mul", "a", "a", "m"},
                          {"Mul", "m", "c5", "y"}})),
             expect([](double x) { return std::pow(1 + std::erf(x / std::sqrt(2.0)), 2) / 2; }));
  check_near(run(spelled({{"Add", "x", "c30", "a"},
                          {"Clip", "a", "c0", "c60", "c"},
                          {"Mul", "x", "c", "m"},
                          {"Div", "m", "c60", "h"},
                          {"Add", "h", "c", "y"}})),
             expect([](double x) {
               const double c = std::min(std::max(x + 3, 0.0), 6.0);
               return x * c / 6 + c;
             }));
}

TEST_CASE("Relu6 is a clip however it is spelled") {
  for (const OnnxBuilder& model :
       {spelled({{"Clip", "x", "c0", "c60", "y"}}), spelled({{"Relu", "x", "r"}, {"Min", "r", "c60", "y"}}),
        spelled({{"Max", "x", "c0", "r"}, {"Min", "c60", "r", "y"}}),
        spelled({{"Min", "x", "c60", "r"}, {"Max", "c0", "r", "y"}})}) {
    for (const Op op : operators(model)) CHECK(op == Op::kClip);
    CHECK(model.run({-1, 0, 3, 6, 7, 5, 9, -9}) == Floats{0, 0, 3, 6, 6, 5, 6, 0});
  }
}

TEST_CASE("Sum is Add after Add, of constants and activations") {
  const OnnxBuilder two = spelled({{"Neg", "x", "n"}, {"Sum", "x", "n", "y"}});
  CHECK(operators(two) == operators(spelled({{"Neg", "x", "n"}, {"Add", "x", "n", "y"}})));
  const OnnxBuilder four = spelled({{"Sum", "x", "c30", "x", "c10", "y"}});
  Floats expected;
  for (const float x : kImage) expected.push_back(2 * x + 4);
  CHECK(four.run(kImage) == expected);
  CHECK(operators(four) == std::vector<Op>{Op::kAffine, Op::kAdd, Op::kAffine});
}

TEST_CASE("means and maxima over the plane are global poolings") {
  for (const bool is_mean : {true, false}) {
    for (const std::int64_t opset : {13, 18}) {
      for (const std::int64_t keeps : {0, 1}) {
        OnnxBuilder model = begin(opset);
        const char* op = is_mean ? "ReduceMean" : "ReduceMax";
        if (opset >= 18) model.constant("axes", Ints{-1, 2});
        onnx::NodeProto& node = opset >= 18 ? model.node(op, {"x", "axes"}, "y") : model.node(op, {"x"}, "y");
        if (opset < 18) set_attribute(node, "axes", Ints{2, 3});
        set_attribute(node, "keepdims", keeps);
        model.output_rank(keeps != 0 ? 4 : 2);
        CHECK(operators(model) == std::vector<Op>{is_mean ? Op::kAvgPool : Op::kMaxPool});
        CHECK(model.run(kImage) == (is_mean ? Floats{-1.75F, 1.875F} : Floats{0, 3.5F}));
      }
    }
  }
  // Over channels it stays the host's.
  OnnxBuilder channels = begin();
  channels.constant("axes", Ints{1}).node("ReduceMean", {"x", "axes"}, "y");
  CHECK(operators(channels) == std::vector<Op>{Op::kHost});
}

TEST_CASE("padding ahead of a window is the window's own") {
  const auto windowed = [](const char* op, const Ints& pads, const Floats& value, bool after_relu) {
    OnnxBuilder model({1, 2, 4, 4}, 18);
    model.constant("pads", pads)
        .constant("value", {}, value)
        .constant("w", {2, 2, 3, 3}, random_values(36, 1));
    model.node("Relu", {"x"}, "r");
    model.node("Pad", {after_relu ? "r" : "x", "pads", "value"}, "p");
    const Strings inputs = op == std::string("Conv") ? Strings{"p", "w"} : Strings{"p"};
    set_attribute(model.node(op, inputs, "y"), "kernel_shape", Ints{3, 3});
    return model;
  };
  const Ints plane = {0, 0, 1, 1, 0, 0, 1, 1}, channels = {0, 1, 0, 0, 0, 0, 0, 0};
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  CHECK(operators(windowed("Conv", plane, {0}, false)) == std::vector<Op>{Op::kConv});
  CHECK(operators(windowed("AveragePool", plane, {0}, false)) == std::vector<Op>{Op::kAvgPool});
  CHECK(operators(windowed("MaxPool", plane, {kLowest}, false)) == std::vector<Op>{Op::kMaxPool});
  // Zeros are no larger than what a Relu leaves.
  CHECK(operators(windowed("MaxPool", plane, {0}, true)) == std::vector<Op>{Op::kClip, Op::kMaxPool});
  // Other values, other dimensions, less than nothing, and windows in the padding altogether stay the host's.
  const auto pads_on_host = [&](const char* op, const Ints& pads, float value, bool after_relu) {
    const std::vector<Op> found = operators(windowed(op, pads, {value}, after_relu));
    return std::count(found.begin(), found.end(), Op::kHost) == 1;
  };
  CHECK(pads_on_host("Conv", plane, 1, false));
  CHECK(pads_on_host("MaxPool", plane, 0, false));
  CHECK(pads_on_host("MaxPool", {0, 0, 3, 0, 0, 0, 0, 0}, 0, true));
  CHECK(pads_on_host("AveragePool", channels, 0, false));
  CHECK(pads_on_host("AveragePool", {0, 0, -1, 0, 0, 0, 0, 0}, 0, false));
}
