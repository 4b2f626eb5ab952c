// Functions that a model defines itself.
#include <catch2/catch.hpp>

#include "quant/eval/evaluator.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/quant/onnx/random/outlining.h"
#include "tests/quant/onnx/random/respelling.h"
#include "tests/support/random/random_graph.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Floats = std::vector<float>;

constexpr const char* kDomain = "my.functions";

OnnxBuilder with_functions(std::int64_t opset = 13) {
  OnnxBuilder model({1, 4}, opset);
  onnx::OperatorSetIdProto& own = *model.model().add_opset_import();
  own.set_domain(kDomain);
  own.set_version(1);
  return model;
}

onnx::FunctionProto& define_function(OnnxBuilder& model, const std::string& name,
                                     const std::vector<std::string>& inputs,
                                     const std::vector<std::string>& outputs) {
  onnx::FunctionProto& function = *model.model().add_functions();
  function.set_domain(kDomain);
  function.set_name(name);
  for (const std::string& input : inputs) function.add_input(input);
  for (const std::string& output : outputs) function.add_output(output);
  return function;
}

onnx::NodeProto& put(onnx::FunctionProto& function, const std::string& op,
                     const std::vector<std::string>& inputs, const std::string& output) {
  onnx::NodeProto& node = *function.add_node();
  node.set_op_type(op);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

onnx::NodeProto& call(OnnxBuilder& model, const std::string& name, const std::vector<std::string>& inputs,
                      const std::string& output) {
  onnx::NodeProto& node = model.node(name, inputs, output);
  node.set_domain(kDomain);
  return node;
}

void refer(onnx::NodeProto& node, const std::string& name, const std::string& to) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_ref_attr_name(to);
}

}  // namespace

TEST_CASE("a function's nodes stand where it is called, with the call's values and attributes") {
  OnnxBuilder model = with_functions();
  onnx::FunctionProto& leaky = define_function(model, "Leaky", {"a", "shift"}, {"b"});
  put(leaky, "Add", {"a", "shift"}, "x");  // a name that the model has, too
  refer(put(leaky, "LeakyRelu", {"x"}, "b"), "alpha", "slope");
  onnx::FunctionProto& twice = define_function(model, "Twice", {"a"}, {"b"});
  onnx::NodeProto& inner = put(twice, "Leaky", {"a", "a"}, "b");
  inner.set_domain(kDomain);
  refer(inner, "slope", "steep");
  model.constant("one", {1}, Floats{1});
  set_attribute(call(model, "Leaky", {"x", "one"}, "h"), "slope", 0.5F);
  set_attribute(call(model, "Twice", {"h"}, "y"), "steep", 0.25F);
  // x + 1, halved below 0; then doubled, a quarter of it below 0.
  CHECK(model.run({-5, -1, 0, 3}) == Floats{-1, 0, 2, 8});
  CHECK(model.import().nodes.at(0).name == "node1/x");
}

TEST_CASE("a function may pass an input on, leave an operand out, and have no attribute") {
  OnnxBuilder model = with_functions();
  onnx::FunctionProto& cut = define_function(model, "Cut", {"a", "low", "high"}, {"b", "a"});
  put(cut, "Clip", {"a", "low", "high"}, "b");
  refer(put(cut, "LeakyRelu", {"b"}, "unread"), "alpha", "nobody hands in");
  model.constant("two", {}, Floats{2});
  onnx::NodeProto& node = call(model, "Cut", {"x", "", "two"}, "h");
  node.add_output("again");
  model.node("Add", {"h", "again"}, "y");
  CHECK(model.run({-5, 1, 2, 3}) == Floats{-10, 2, 4, 5});
}

TEST_CASE("a branch within a function has names of its own") {
  OnnxBuilder model = with_functions();
  onnx::FunctionProto& choose = define_function(model, "Choose", {"a", "c"}, {"b"});
  onnx::NodeProto& node = put(choose, "If", {"c"}, "b");
  for (const char* branch : {"then_branch", "else_branch"}) {
    onnx::GraphProto& graph = add_graph(node, branch);
    add_node(graph, "Neg", {"a"}, "h");
    add_node(graph, branch[0] == 't' ? "Relu" : "Neg", {"h"}, "r");
    declare(*graph.add_output(), "r", onnx::TensorProto::FLOAT);
  }
  model.constant("zero", {1}, Floats{0}).node("ReduceSum", {"x"}, "sum");
  model.node("Greater", {"sum", "zero"}, "many");
  model.node("Reshape", {"many", "flat"}, "one");
  model.constant("flat", std::vector<std::int64_t>{1});
  model.node("Abs", {"x"}, "h");
  call(model, "Choose", {"h", "one"}, "y");
  CHECK(model.run({-1, 2, 0, 3}) == Floats{0, 0, 0, 0});
  CHECK(model.run({-1, -2, 0, 1}) == Floats{1, 2, 0, 1});
}

TEST_CASE("functions that have no end, or no place in the model, are refused in one line") {
  OnnxBuilder endless = with_functions();
  put(define_function(endless, "F", {"a"}, {"b"}), "F", {"a"}, "b").set_domain(kDomain);
  call(endless, "F", {"x"}, "y");
  CHECK_THAT(endless.refusal(),
             Contains("function 'F' is called 100 calls deep; accepted: functions that end"));

  OnnxBuilder growing = with_functions();
  for (int i = 0; i < 40; ++i) {
    onnx::FunctionProto& twice = define_function(growing, "F" + std::to_string(i), {"a"}, {"b"});
    const std::string next = "F" + std::to_string(i + 1);
    put(twice, next, {"a"}, "h").set_domain(kDomain);
    put(twice, next, {"h"}, "b").set_domain(kDomain);
  }
  put(define_function(growing, "F40", {"a"}, {"b"}), "Neg", {"a"}, "b");
  call(growing, "F0", {"x"}, "y");
  CHECK_THAT(growing.refusal(),
             Contains("and the others make more nodes than a model has; accepted: fewer calls"));

  OnnxBuilder other = with_functions();
  onnx::FunctionProto& older = define_function(other, "F", {"a"}, {"b"});
  older.add_opset_import()->set_version(12);
  put(older, "Neg", {"a"}, "b");
  call(other, "F", {"x"}, "y");
  CHECK_THAT(other.refusal(), Contains("function 'F' is of operator set 12, the model of 13; accepted: one"));

  OnnxBuilder many = with_functions();
  put(define_function(many, "F", {"a"}, {"b"}), "Neg", {"a"}, "b");
  call(many, "F", {"x", "x"}, "y");
  CHECK_THAT(many.refusal(), Contains("node 'node1' (F): 2 inputs, 1 outputs; accepted: up to 1 and 1"));

  OnnxBuilder unknown = with_functions();
  call(unknown, "F", {"x"}, "y");
  CHECK_THAT(unknown.refusal(), Contains("node 'node1' (F): unsupported operator of domain my.functions"));
}

namespace {

void check_outlined(std::uint64_t first, int count) {
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const RandomModel drawn = seed % 2 == 0 ? make_random_graph(seed) : make_random_model(seed);
    onnx::ModelProto model;
    REQUIRE(model.ParseFromString(drawn.onnx));
    CAPTURE(seed, drawn.order);
    const Network plain = import_bytes(drawn.onnx);
    const Network found = import_bytes(outlined(model, seed).SerializeAsString());
    CHECK(difference(plain, found) == "");
    Evaluator expected(plain), evaluated(found);
    CHECK(evaluated.run(drawn.images[0]) == expected.run(drawn.images[0]));
  }
}

}  // namespace

TEST_CASE("random models are the same network with some of their nodes in functions") {
  check_outlined(1, 400);
}

TEST_CASE("many random models with some of their nodes in functions", "[.long]") {
  check_outlined(1000, 20000);
}
