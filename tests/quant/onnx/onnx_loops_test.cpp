// Loop, Scan and recurrent operators: what random nodes do not show, and what is refused.
#include <catch2/catch.hpp>

#include "tests/quant/onnx/onnx_builder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;
using Types = onnx::TensorProto;

/// y: x times `w`, as often as `most` says and `condition`, a name in the body, holds after a step.
OnnxBuilder powers(const Floats& w, const Ints& most, const std::string& condition = "on") {
  const auto count = static_cast<std::int64_t>(w.size());
  OnnxBuilder model({1, count});
  model.constant("w", {1, count}, w);
  if (!most.empty()) model.constant("most", most);
  onnx::NodeProto& loop = model.node("Loop", {most.empty() ? "" : "most", "", "x"}, "y");
  onnx::GraphProto& body = add_graph(loop, "body");
  declare(*body.add_input(), "step", Types::INT64);
  declare(*body.add_input(), "on", Types::BOOL);
  declare(*body.add_input(), "v", Types::FLOAT);
  add_node(body, "Mul", {"v", "w"}, "next");
  if (condition == "is_small") {
    onnx::TensorProto& zero = *body.add_initializer();
    zero.set_name("zero");
    zero.set_data_type(Types::FLOAT);
    zero.add_float_data(0);
    set_attribute(add_node(body, "ReduceMax", {"next"}, "most_of_all"), "keepdims", std::int64_t{0});
    add_node(body, "Less", {"most_of_all", "zero"}, "is_small");
  }
  declare(*body.add_output(), condition, Types::BOOL);
  declare(*body.add_output(), "next", Types::FLOAT);
  return model;
}

}  // namespace

TEST_CASE("a loop reads what is around it in every step, however large") {
  CHECK(powers({2, 3}, {3}).run({1, 1}) == Floats{8, 27});
  const Floats many(2000, 2);
  CHECK(powers(many, {5}).run(Floats(2000, 1)) == Floats(2000, 32));
  CHECK(powers({2, 3}, {0}).refusal() != "accepted");  // the output is the input
}

TEST_CASE("a loop whose steps the image decides, or that is too long, is refused") {
  CHECK_THAT(powers({2}, {3}, "is_small").refusal(),
             Contains("(Loop): the image decides how many steps there are; accepted: a number of steps"));
  CHECK_THAT(powers({2}, {}).refusal(), Contains("(Loop): has more than 256 steps; accepted: up to that"));
  CHECK_THAT(powers({2}, {std::int64_t{1} << 40}).refusal(), Contains("(Loop): has more than 256 steps"));
  OnnxBuilder wrong = powers({2}, {2});
  wrong.graph().mutable_node(0)->mutable_attribute(0)->mutable_g()->mutable_input()->RemoveLast();
  CHECK_THAT(wrong.refusal(), Contains("(Loop): body has 2 inputs and 2 outputs; accepted: 3 and 2"));
}

TEST_CASE("integers that a body makes are numbers behind it, by their scale once") {
  for (const bool is_same : {true, false}) {
    for (const bool dequantizes : {true, false}) {
      CAPTURE(is_same, dequantizes);
      OnnxBuilder model({2, 2});
      model.constant("s", {}, {0.25F}).constant("scales", {2}, {0.25F, is_same ? 0.25F : 0.5F});
      onnx::NodeProto& scan = model.node("Scan", {"scales", "x"}, "all");
      set_attribute(scan, "num_scan_inputs", std::int64_t{2});
      onnx::GraphProto& body = add_graph(scan, "body");
      declare(*body.add_input(), "scale", Types::FLOAT);
      declare(*body.add_input(), "part", Types::FLOAT);
      add_node(body, "QuantizeLinear", {"part", "scale"}, "whole");
      declare(*body.add_output(), "whole", Types::UINT8);
      if (dequantizes) {
        model.node("DequantizeLinear", {"all", "s"}, "y");
      } else {
        model.cast("all", "y", Types::FLOAT);
      }
      const float factor = dequantizes ? 0.25F : 1;
      const float second = is_same ? 4 : 2;  // 1 over its scale
      CHECK(model.run({1, 2, 1, 0}) == Floats{4 * factor, 8 * factor, second * factor, 0});
    }
  }
}

TEST_CASE("sequences in a scan have equally many steps") {
  OnnxBuilder model({2, 3});
  model.constant("other", {3, 1}, {1, 2, 3});
  onnx::NodeProto& scan = model.node("Scan", {"x", "other"}, "y");
  set_attribute(scan, "num_scan_inputs", std::int64_t{2});
  onnx::GraphProto& body = add_graph(scan, "body");
  declare(*body.add_input(), "a", Types::FLOAT);
  declare(*body.add_input(), "b", Types::FLOAT);
  add_node(body, "Add", {"a", "b"}, "sum");
  declare(*body.add_output(), "sum", Types::FLOAT);
  CHECK_THAT(model.refusal(), Contains("(Scan): sequences of 2 and 3 steps; accepted: equally many"));
  set_attribute(scan, "scan_input_axes", Ints{1, 0});
  CHECK(model.run({1, 2, 3, 10, 20, 30}) == Floats{2, 11, 4, 22, 6, 33});
  scan.mutable_attribute(0)->set_i(3);
  CHECK_THAT(model.refusal(), Contains("(Scan): num_scan_inputs is 3; accepted: 1 to its 2 inputs"));
}

TEST_CASE("functions of recurrent gates are those of the standard, with the parameters that they need") {
  const auto refusal = [](const std::vector<std::string>& names, float clip = 1) {
    OnnxBuilder model({2, 1, 1}, 14);
    model.constant("w", {1, 1, 1}, {1}).constant("r", {1, 1, 1}, {1});
    onnx::NodeProto& node = model.node("RNN", {"x", "w", "r"}, "y");
    set_attribute(node, "hidden_size", std::int64_t{1});
    set_attribute(node, "clip", clip);
    onnx::AttributeProto& functions = *node.add_attribute();
    functions.set_name("activations");
    functions.set_type(onnx::AttributeProto::STRINGS);
    for (const std::string& name : names) functions.add_strings(name);
    return model.output_rank(4).refusal();
  };
  CHECK(refusal({"relu"}) == "accepted");
  CHECK_THAT(refusal({"Sine"}), Contains("(RNN): activation 'Sine'; accepted: Affine, Elu"));
  CHECK_THAT(refusal({"ScaledTanh"}), Contains("(RNN): activation 'ScaledTanh' with alpha nan"));
  CHECK_THAT(refusal({"Tanh", "Tanh"}), Contains("(RNN): 2 activations; accepted: 1"));
  CHECK_THAT(refusal({"Tanh"}, -1), Contains("(RNN): clip is -1; accepted: above 0"));
}
