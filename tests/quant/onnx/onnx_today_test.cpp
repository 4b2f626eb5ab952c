// What operator sets 18 to 23 and their IR versions brought: newer signatures, newer operators.
#include <catch2/catch.hpp>

#include <cmath>

#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/check_near.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

}  // namespace

TEST_CASE("IR versions 3 to 13 are read, and a newer one is told from an invalid one") {
  OnnxBuilder model({1, 2});
  model.node("Neg", {"x"}, "y");
  for (std::int64_t ir = 3; ir <= 13; ++ir) {
    model.model().set_ir_version(ir);
    CHECK(model.run({1, 2}) == Floats{-1, -2});
  }
  model.model().set_ir_version(14);
  CHECK_THAT(model.refusal(), Contains("IR version is 14, newer than known; accepted: 3 to 13"));
  model.model().set_ir_version(2);
  CHECK_THAT(model.refusal(), Contains("IR version is 2; accepted: 3 to 13"));
}

TEST_CASE("an extent of -1 of the input is open") {  // sonos/tract: qrelu_1
  OnnxBuilder model({-1, 3});
  model.node("Neg", {"x"}, "y");
  for (onnx::ValueInfoProto* value : {model.graph().mutable_input(0), model.graph().mutable_output(0)})
    value->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_value(-1);
  CHECK(model.run({1, 2, 3}) == std::vector<float>{-1, -2, -3});
  CHECK(model.import({1, 3}).shape(0).elements() == 3);
}

TEST_CASE("reductions take their axes as an input since operator set 18") {
  for (const std::int64_t opset : {18, 20, 23}) {
    OnnxBuilder model({1, 2, 2}, opset);
    model.constant("axes", Ints{-1});
    model.node("ReduceMean", {"x", "axes"}, "y");
    CHECK(model.run({1, 3, 5, 9}) == Floats{2, 7});
    set_attribute(*model.graph().mutable_node(0), "noop_with_empty_axes", std::int64_t{1});
    model.graph().mutable_node(0)->mutable_input()->RemoveLast();
    CHECK(model.run({1, 3, 5, 9}) == Floats{1, 3, 5, 9});
    set_attribute(*model.graph().mutable_node(0), "noop", std::int64_t{1});
    CHECK_THAT(model.refusal(),
               Contains("node 'node1' (ReduceMean): attribute 'noop' is none since operator set 18; "
                        "accepted: keepdims, noop_with_empty_axes"));
  }
  OnnxBuilder typed({1, 2}, 18);
  set_attribute(typed.node("ReduceMax", {"x"}, "y"), "keepdims", 1.0F);
  CHECK_THAT(typed.refusal(), Contains("attribute 'keepdims' is of type FLOAT; accepted: INT"));
}

TEST_CASE("Split takes a number of outputs since operator set 18, the last one may be smaller") {
  OnnxBuilder model({1, 5}, 18);
  onnx::NodeProto& split = model.node("Split", {"x"}, "a");
  split.add_output("b");
  set_attribute(split, "num_outputs", std::int64_t{2});
  set_attribute(split, "axis", std::int64_t{1});
  set_attribute(model.node("Concat", {"b", "a"}, "y"), "axis", std::int64_t{1});
  CHECK(model.run({1, 2, 3, 4, 5}) == Floats{4, 5, 1, 2, 3});
  model.graph().mutable_node(0)->mutable_attribute(0)->set_i(3);
  CHECK_THAT(model.refusal(), Contains("node 'node1' (Split): num_outputs is 3; accepted: its 2 outputs"));
}

TEST_CASE("Resize takes some axes alone since operator set 18, and says what it does not compute") {
  OnnxBuilder model({1, 1, 2, 1}, 19);
  model.constant("scales", {1}, {2});
  onnx::NodeProto& resize = model.node("Resize", {"x", "", "scales"}, "y");
  set_attribute(resize, "axes", Ints{2});
  CHECK(model.run({1, 5}) == Floats{1, 1, 5, 5});
  OnnxBuilder sizes({1, 1, 2, 1}, 19);
  sizes.constant("sizes", Ints{4});
  set_attribute(sizes.node("Resize", {"x", "", "", "sizes"}, "y"), "axes", Ints{-2});
  CHECK(sizes.run({1, 5}) == Floats{1, 1, 5, 5});
  set_attribute(*model.graph().mutable_node(0), "antialias", std::int64_t{1});
  CHECK_THAT(model.refusal(), Contains("node 'node1' (Resize): antialias is 1 for the nearest"));
}

TEST_CASE("Pad takes some axes alone since operator set 18") {
  OnnxBuilder model({1, 2}, 18);
  model.constant("pads", Ints{1, 0}).constant("value", {}, {7}).constant("axes", Ints{1});
  model.node("Pad", {"x", "pads", "value", "axes"}, "y");
  CHECK(model.run({1, 2}) == Floats{7, 1, 2});
}

TEST_CASE("operators that operator sets 18 to 24 added are computed, and unknown before") {
  const Floats x = {-2, -0.5F, 0, 3};
  const auto each = [&](double (*function)(double)) {
    Floats values;
    for (const float value : x) values.push_back(static_cast<float>(function(value)));
    return values;
  };
  const auto run = [&](const char* op, std::int64_t opset, const char* approximate = nullptr) {
    OnnxBuilder model({1, 4}, opset);
    onnx::NodeProto& node = model.node(op, {"x"}, "y");
    if (approximate != nullptr) set_attribute(node, "approximate", std::string(approximate));
    OnnxBuilder before = model;
    before.model().mutable_opset_import(0)->set_version(opset - 1);
    CHECK_THAT(before.refusal(), Contains("is no operator of operator set " + std::to_string(opset - 1)));
    return model.run(x);
  };
  check_near(run("Mish", 18), each([](double v) { return v * std::tanh(std::log(1 + std::exp(v))); }));
  check_near(run("Gelu", 20), each([](double v) { return v * (1 + std::erf(v / std::sqrt(2.0))) / 2; }));
  check_near(run("Gelu", 20, "tanh"), each([](double v) {
               return v * (1 + std::tanh(0.7978845608028654 * (v + 0.044715 * v * v * v))) / 2;
             }));
  check_near(run("Swish", 24), each([](double v) { return v / (1 + std::exp(-v)); }));
}

TEST_CASE("GroupNormalization scales groups in operator set 18 and channels since 21") {
  for (const std::int64_t opset : {18, 21}) {
    const bool per_channel = opset >= 21;
    OnnxBuilder model({1, 4, 1, 2}, opset);
    const Floats scale = per_channel ? Floats{1, 2, 3, 4} : Floats{1, 2};
    const Floats bias = per_channel ? Floats{0, 0, 10, 20} : Floats{0, 10};
    const Ints dims = {static_cast<std::int64_t>(scale.size())};
    model.constant("s", dims, scale).constant("b", dims, bias);
    onnx::NodeProto& node = model.node("GroupNormalization", {"x", "s", "b"}, "y");
    set_attribute(node, "num_groups", std::int64_t{2});
    set_attribute(node, "epsilon", 0.0F);
    // Groups of -1, 1, -1, 1 and of 2, 2, 4, 4, which becomes -1, -1, 1, 1.
    const Floats found = model.run({-1, 1, -1, 1, 2, 2, 4, 4});
    check_near(found, per_channel ? Floats{-1, 1, -2, 2, 7, 7, 24, 24} : Floats{-1, 1, -1, 1, 8, 8, 12, 12});
  }
}

TEST_CASE("LayerNormalization is computed in operator sets before it was ONNX's, as onnxruntime does") {
  for (const std::int64_t opset : {7, 12, 16, 17}) {
    OnnxBuilder model({1, 4}, opset);
    model.constant("scale", {4}, {1, 1, 1, 2}).node("LayerNormalization", {"x", "scale"}, "y");
    const std::vector<float> found = model.run({1, 1, 3, 3});
    CAPTURE(opset);
    CHECK(found[0] == Approx(-1).margin(1e-4));
    CHECK(found[3] == Approx(2).margin(1e-4));
  }
}

TEST_CASE("RMSNormalization divides by the root of the mean square") {
  OnnxBuilder model({1, 2, 2}, 23);
  model.constant("s", {2}, {1, 10});
  set_attribute(model.node("RMSNormalization", {"x", "s"}, "y"), "epsilon", 0.0F);
  const float root = std::sqrt(12.5F);
  check_near(model.run({3, 4, 1, 1}), {3 / root, 40 / root, 1, 10});
}

TEST_CASE("a newer signature is held against the nodes as strictly as an old one") {
  OnnxBuilder many({1, 2}, 18);
  many.constant("a", Ints{1});
  many.node("ReduceL1", {"x", "a", "a"}, "y");
  CHECK_THAT(many.refusal(), Contains("node 'node1' (ReduceL1): has 3 inputs; accepted: 1 to 2"));
  OnnxBuilder none({1, 4, 1}, 21);
  none.constant("c", {4}, {1, 1, 1, 1});
  none.node("GroupNormalization", {"x", "c", "c"}, "y");
  CHECK_THAT(none.refusal(), Contains("has no attribute 'num_groups'; accepted: given"));
}

TEST_CASE("truths combine as booleans do") {
  const auto run = [](const char* op, bool has_two) {
    OnnxBuilder model({1, 4});
    model.constant("zero", {}, {0}).constant("turn", {4}, {1, 1, -1, -1});
    model.node("Mul", {"x", "turn"}, "turned");
    model.node("Greater", {"x", "zero"}, "a");
    model.node("Greater", {"turned", "zero"}, "b");
    model.node(op, has_two ? std::vector<std::string>{"a", "b"} : std::vector<std::string>{"a"}, "c");
    model.cast("c", "y", onnx::TensorProto::FLOAT);
    return model.run({1, -1, 1, -1});  // a: 1, 0, 1, 0; b: 1, 0, 0, 1
  };
  CHECK(run("And", true) == Floats{1, 0, 0, 0});
  CHECK(run("Or", true) == Floats{1, 0, 1, 1});
  CHECK(run("Xor", true) == Floats{0, 0, 1, 1});
  CHECK(run("Not", false) == Floats{0, 1, 0, 1});
}
