// If, and inputs beside the image.
#include <catch2/catch.hpp>

#include "quant/eval/evaluator.h"
#include "quant/onnx/import.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Floats = std::vector<float>;

/// A graph in a node: add its nodes, then what it results in.
class Branch {
 public:
  Branch(onnx::NodeProto& node, const char* name) : graph_(&add_graph(node, name)) {}
  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::string& output) {
    return add_node(*graph_, op, inputs, output);
  }
  Branch& constant(const std::string& name, float value) {
    onnx::TensorProto& tensor = *graph_->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.add_dims(1);
    tensor.add_float_data(value);
    return *this;
  }
  Branch& result(const std::string& name) {
    declare(*graph_->add_output(), name, onnx::TensorProto::FLOAT);
    return *this;
  }
  onnx::GraphProto& graph() { return *graph_; }

 private:
  onnx::GraphProto* graph_;
};

/// Adds "is_large": is the sum of the image above 1?
void add_condition(OnnxBuilder& model) {
  model.constant("one", {}, {1});
  set_attribute(model.node("ReduceSum", {"x"}, "sum"), "keepdims", std::int64_t{0});
  model.node("Greater", {"sum", "one"}, "is_large");
}

/// y = condition ? -x : x + 2, with one name in both branches and around them.
OnnxBuilder negates_or_adds(const std::string& condition) {
  OnnxBuilder model({1, 3});
  model.raw_constant("yes", onnx::TensorProto::BOOL, {}, std::string(1, '\1'));
  model.raw_constant("no", onnx::TensorProto::BOOL, {1}, std::string(1, '\0'));
  add_condition(model);
  model.constant("v", {1}, {100});
  onnx::NodeProto& choice = model.node("If", {condition}, "chosen");
  Branch yes(choice, "then_branch"), no(choice, "else_branch");
  yes.node("Neg", {"x"}, "v");
  yes.result("v");
  no.constant("two", 2).node("Add", {"x", "two"}, "v");
  no.result("v");
  model.node("Add", {"chosen", "v"}, "y");
  return model;
}

Network import_fixed(const OnnxBuilder& model, const std::vector<FixedInput>& fixed,
                     const Dims& input_shape = {}) {
  OnnxBuilder copy = model;
  const TemporaryFolder folder;
  return import_onnx(folder.write("model.onnx", copy.model().SerializeAsString()), {input_shape, {}, fixed});
}

void add_input(OnnxBuilder& model, const std::string& name, int type, const Dims& dims) {
  onnx::ValueInfoProto& input = *model.graph().add_input();
  input.set_name(name);
  auto& tensor = *input.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape();
  for (const std::int64_t dim : dims) {
    auto& added = *tensor.mutable_shape()->add_dim();
    if (dim > 0) {
      added.set_dim_value(dim);
    } else {
      added.set_dim_param(dim == -1 ? "n" : "m");
    }
  }
}

/// y = x * gain + state, with a state per element.
OnnxBuilder streaming(const Dims& state = {1, -1}) {
  OnnxBuilder model({1, -1});
  add_input(model, "gain", onnx::TensorProto::INT64, {});
  add_input(model, "state", onnx::TensorProto::FLOAT, state);
  model.cast("gain", "factor", onnx::TensorProto::FLOAT);
  model.node("Mul", {"x", "factor"}, "louder");
  model.node("Add", {"louder", "state"}, "y");
  return model;
}

}  // namespace

TEST_CASE("a condition that is known takes one branch, with its own names and those around it") {
  const Floats image = {1, -2, 4};
  CHECK(negates_or_adds("yes").run(image) == Floats{99, 102, 96});
  CHECK(negates_or_adds("no").run(image) == Floats{103, 100, 106});
  // What is not taken may hold anything.
  OnnxBuilder model = negates_or_adds("yes");
  onnx::NodeProto& choice = *model.graph().mutable_node(2);
  choice.mutable_attribute(1)->mutable_g()->mutable_node(0)->set_op_type("Unique");
  CHECK(model.run(image) == Floats{99, 102, 96});
  // And what only it needs is no layer.
  CHECK(negates_or_adds("yes").import().nodes.size() == negates_or_adds("no").import().nodes.size());
}

TEST_CASE("an image that decides gets the results of its branch") {
  const OnnxBuilder model = negates_or_adds("is_large");
  CHECK(model.run({1, -2, 4}) == Floats{99, 102, 96});
  CHECK(model.run({1, -2, 1}) == Floats{103, 100, 103});
}

TEST_CASE("branches in branches are chosen by extents, and see the names around all of them") {
  for (const std::int64_t extent : {2, 3}) {
    CAPTURE(extent);
    OnnxBuilder model({1, extent});
    model.constant("three", std::vector<std::int64_t>{3}).constant("ten", {1}, {10});
    onnx::NodeProto& shape = model.node("Shape", {"x"}, "shape");
    set_attribute(shape, "start", std::int64_t{1});
    model.graph().mutable_node(0)->set_op_type("Shape");
    model.model().mutable_opset_import(0)->set_version(15);
    model.node("Equal", {"shape", "three"}, "are_three");
    model.node("Mul", {"x", "ten"}, "scaled");
    add_condition(model);
    onnx::NodeProto& outer = model.node("If", {"are_three"}, "y");
    Branch yes(outer, "then_branch"), no(outer, "else_branch");
    yes.node("Relu", {"scaled"}, "inside");
    onnx::NodeProto& inner = yes.node("If", {"is_large"}, "chosen");
    Branch inner_yes(inner, "then_branch"), inner_no(inner, "else_branch");
    inner_yes.node("Add", {"inside", "x"}, "inside_too");
    inner_yes.result("inside_too");
    inner_no.result("scaled");  // of the graph around the graph around it
    yes.result("chosen");
    no.result("x");
    model.node("Neg", {"y"}, "negative");
    model.graph().mutable_output(0)->set_name("negative");
    if (extent == 3) {
      CHECK(model.run({1, -2, 4}) == Floats{-11, 2, -44});
      CHECK(model.run({-1, -2, 3}) == Floats{10, 20, -30});
    } else {
      CHECK(model.run({5, -2}) == Floats{-5, 2});
    }
  }
}

TEST_CASE("of several results of branches, those that nobody reads are left out") {
  OnnxBuilder model({1, 2});
  add_condition(model);
  onnx::NodeProto& choice = model.node("If", {"is_large"}, "y");
  choice.add_output("unread");
  choice.add_output("second");
  for (const char* name : {"then_branch", "else_branch"}) {
    Branch branch(choice, name);
    const bool is_then = name[0] == 't';
    branch.constant("c", is_then ? 1.0F : 2.0F).node("Mul", {"x", "c"}, "first");
    branch.node("Unique", {"x"}, "odd");
    branch.result("first").result("odd").result("c");
  }
  *model.graph().add_output() = model.graph().output(0);
  model.graph().mutable_output(1)->set_name("second");
  model.graph().mutable_output(1)->mutable_type()->mutable_tensor_type()->clear_shape();
  const Network network = model.import();
  Evaluator evaluator(network);
  CHECK(evaluator.run({3, 4}) == Floats{3, 4});
  CHECK(evaluator.values(network.outputs.at(1).tensor) == Floats{1});
  CHECK(evaluator.run({-3, 5}) == Floats{-3, 5});
  CHECK(evaluator.run({-3, 3}) == Floats{-6, 6});
  CHECK(evaluator.values(network.outputs.at(1).tensor) == Floats{2});
}

TEST_CASE("what an If cannot mean is refused") {
  OnnxBuilder differs = negates_or_adds("is_large");
  onnx::GraphProto& no = *differs.graph().mutable_node(2)->mutable_attribute(1)->mutable_g();
  no.mutable_initializer(0)->add_dims(1);
  no.mutable_initializer(0)->add_dims(1);
  CHECK_THAT(differs.refusal(),
             Contains("(If): the image chooses between [1, 3] of FLOAT and [1, 1, 3] of FLOAT; accepted: "
                      "branches of equal extents and types, or a condition of constants, extents and "
                      "network.fixed_inputs"));
  OnnxBuilder many = negates_or_adds("yes");
  many.raw_constant("pair", onnx::TensorProto::BOOL, {2}, std::string(2, '\1'));
  many.graph().mutable_node(2)->set_input(0, "pair");
  CHECK_THAT(many.refusal(), Contains("(If): its condition has extents [2]; accepted: one element"));
  OnnxBuilder unknown = negates_or_adds("is_large");
  unknown.graph().mutable_node(2)->mutable_attribute(0)->mutable_g()->mutable_node(0)->set_op_type("Hamlet");
  CHECK_THAT(unknown.refusal(), Contains("node 'v' (Hamlet): unsupported operator"));
  OnnxBuilder short_of_results = negates_or_adds("yes");
  short_of_results.graph().mutable_node(2)->mutable_attribute(0)->mutable_g()->clear_output();
  CHECK_THAT(short_of_results.refusal(),
             Contains("then_branch has 0 inputs and 0 outputs; accepted: none, and 1"));
  OnnxBuilder twice = negates_or_adds("yes");
  onnx::GraphProto& yes = *twice.graph().mutable_node(2)->mutable_attribute(0)->mutable_g();
  *yes.add_node() = yes.node(0);
  CHECK_THAT(twice.refusal(), Contains("tensor 'v' has two origins"));
  OnnxBuilder circle = negates_or_adds("yes");
  circle.graph().mutable_node(2)->mutable_attribute(0)->mutable_g()->mutable_node(0)->set_input(0, "v");
  CHECK_THAT(circle.refusal(), Contains("reads what is computed of its own result"));
}

TEST_CASE("inputs beside the image have the values that they are fixed to") {
  const auto run = [](const Network& network, const Floats& image) { return Evaluator(network).run(image); };
  const OnnxBuilder model = streaming();
  CHECK(run(import_fixed(model, {{"gain", {3}}, {"state", {0.5}}}, {1, 2}), {1, 2}) == Floats{3.5F, 6.5F});
  CHECK(run(import_fixed(model, {{"state", {1, 2}}, {"gain", {-1}}}, {1, 2}), {1, 2}) == Floats{0, 0});
  // One that nobody reads needs none.
  OnnxBuilder unread = streaming({2, -2});
  unread.graph().mutable_node(2)->set_input(1, "louder");
  CHECK(run(import_fixed(unread, {{"gain", {2}}}, {1, 1}), {3}) == Floats{12});
  // An extent without a name is 1.
  OnnxBuilder unnamed = streaming();
  unnamed.graph()
      .mutable_input(2)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(1)
      ->Clear();
  CHECK(run(import_fixed(unnamed, {{"gain", {2}}, {"state", {1}}}, {1, 2}), {3, 4}) == Floats{7, 9});
}

TEST_CASE("an extent that a fixed input leaves open follows from its values") {
  const FixedInput gain = {"gain", {3}}, pair = {"state", {1, 2}};
  const auto run = [](const OnnxBuilder& model, const std::vector<FixedInput>& fixed) {
    return Evaluator(import_fixed(model, fixed, {1, 2})).run({1, 2});
  };
  CHECK(run(streaming({1, -2}), {gain, pair}) == Floats{4, 8});
  OnnxBuilder two = streaming({1, -2});
  add_input(two, "offset", onnx::TensorProto::FLOAT, {-2});
  two.graph().mutable_node(2)->set_output(0, "early");
  two.node("Add", {"early", "offset"}, "y");
  CHECK(run(two, {{"offset", {10}}, gain, pair}) == Floats{14, 18});
  CHECK(run(two, {{"offset", {10, 20}}, gain, {"state", {1}}}) == Floats{14, 27});
}

TEST_CASE("fixed inputs that do not fit the file are refused") {
  const auto refusal = [](const OnnxBuilder& model, const std::vector<FixedInput>& fixed) {
    try {
      import_fixed(model, fixed, {1, 2});
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const FixedInput gain = {"gain", {3}}, state = {"state", {0}};
  CHECK_THAT(refusal(streaming(), {gain}),
             Contains("has inputs [x, gain, state], 1 of them fixed; accepted: one that is the image, and "
                      "values for all others (network.fixed_inputs)"));
  CHECK_THAT(refusal(streaming(), {gain, state, {"pitch", {1}}}),
             Contains("has no input 'pitch' to fix, or it is fixed twice; accepted: x, gain, state"));
  CHECK_THAT(refusal(streaming(), {gain, state, gain}),
             Contains("input 'gain' to fix, or it is fixed twice"));
  CHECK_THAT(refusal(streaming(), {gain, state, {"x", {1}}}), Contains("3 of them fixed"));
  CHECK_THAT(refusal(streaming(), {gain, {"state", {1, 2, 3}}}),
             Contains("input 'state': 3 values for [1, 2]; accepted: one, or 2"));
  CHECK_THAT(
      refusal(streaming({1, -2}), {gain, state}),
      Contains(
          "input 'state': m is open; accepted: a symbol of another input, or, if it is the only open one of "
          "[1, m], one value for each element"));
  CHECK_THAT(refusal(streaming({2, -2}), {gain, {"state", {1, 2, 3}}}),
             Contains("input 'state': 3 values for [2, m]; accepted: one, or one for each element"));
  CHECK_THAT(refusal(streaming({1 << 13, 1 << 13}), {gain, state}),
             Contains("accepted for a fixed input: 16777216"));
  CHECK_THAT(refusal(streaming(), {{"gain", {1.5}}, state}),
             Contains("input 'gain': a value of INT64 is 1.5; accepted: an integer up to 2^24"));
  OnnxBuilder bytes = streaming();
  for (onnx::ValueInfoProto& input : *bytes.graph().mutable_input())
    if (input.name() == "gain")
      input.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::UINT8);
  CHECK(refusal(bytes, {{"gain", {255}}, state}) == "accepted");
  for (const double value : {-1, 256})
    CHECK_THAT(refusal(bytes, {{"gain", {value}}, state}), Contains("input 'gain': a value of UINT8 is"));
}
