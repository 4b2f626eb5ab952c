// Operators of the host as the importer places them: what becomes a layer of the accelerator, what folds.
// Their values are checked against ONNX's own tests in conformance_test.cpp.
#include <catch2/catch.hpp>

#include "quant/eval/evaluator.h"
#include "quant/host/operator_traits.h"
#include "quant/host/operators/families.h"
#include "quant/onnx/import.h"
#include "tests/quant/onnx/onnx_builder.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;

int count(const Network& network, Op op) {
  int found = 0;
  for (const Node& node : network.nodes) found += node.op == op ? 1 : 0;
  return found;
}

}  // namespace

TEST_CASE("the table of traits has a row for every operator, and for no other") {
  std::set<std::string> rows;
  for (const auto& [name, traits] : host::operator_traits()) rows.insert(name);
  CHECK(rows == onnx_operators());
  for (const std::string& name : host::host_operators()) {
    CAPTURE(name);
    CHECK(rows.count(name) == 1);
  }
}

TEST_CASE("operators of the elementwise families are elementwise by their traits") {
  for (const host::HostFunctions& family : {host::elementwise_operators(), host::bitwise_operators()}) {
    for (const auto& [name, function] : family) {
      CAPTURE(name);
      CHECK(host::has_trait(name, host::kElementwise));
    }
  }
}

TEST_CASE(
    "a product with constant weights is a 1x1 convolution over rows, and a constant behind it its bias") {
  OnnxBuilder model({1, 3, 2});
  model.constant("w", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}).constant("b", {4}, {10, 20, 30, 40});
  model.node("MatMul", {"x", "w"}, "p");
  model.node("Add", {"p", "b"}, "y");
  const Network network = model.import();
  CHECK(count(network, Op::kConv) == 1);
  CHECK(count(network, Op::kHost) == 2);  // transpositions
  CHECK(network.nodes.size() == 3);
  CHECK(network.nodes[1].name == "node1");
  CHECK(network.shape(network.nodes[1].output) == Shape{4, 1, 3});
  CHECK(model.run({1, 0, 0, 1, 1, 1}) == Floats{11, 22, 33, 44, 15, 26, 37, 48, 16, 28, 40, 52});
}

TEST_CASE("a single value added to a product with one output leaves a convolution") {
  OnnxBuilder model({1, 2});
  model.constant("w", {2, 1}, {3, 4}).constant("b", std::vector<std::int64_t>{}, Floats{5});
  model.node("MatMul", {"x", "w"}, "p");
  model.node("Add", {"p", "b"}, "y");
  CHECK(count(model.import(), Op::kHost) == 0);
  CHECK(model.run({1, 2}) == Floats{16});
}

TEST_CASE("a product of two activations runs on the host") {
  OnnxBuilder model({2, 2});
  model.node("MatMul", {"x", "x"}, "y");
  const Network network = model.import();
  REQUIRE(network.nodes.size() == 1);
  CHECK(network.nodes[0].op == Op::kHost);
  CHECK(network.nodes[0].host.macs() == 8);
  CHECK(model.run({1, 2, 3, 4}) == Floats{7, 10, 15, 22});
}

TEST_CASE("what is computed from extents and constants folds away") {
  OnnxBuilder model({-1, 2, -1, 2});
  model.constant("two", Ints{2}).constant("rest", Ints{-1}).constant("zero", Ints{0});
  model.node("Shape", {"x"}, "dims");
  set_attribute(model.node("Gather", {"dims", "two"}, "height"), "axis", std::int64_t{0});
  set_attribute(model.node("Concat", {"height", "rest"}, "target"), "axis", std::int64_t{0});
  model.output_rank(2).node("Reshape", {"x", "target"}, "rows");
  model.node("Exp", {"rows"}, "y");
  const Network network = model.import({1, 2, 3, 2});
  REQUIRE(network.nodes.size() == 1);
  CHECK(network.nodes[0].host.inputs == std::vector<Dims>{{3, 4}});
}

TEST_CASE("whole numbers divide as integers while folding") {
  OnnxBuilder model({4});
  model.constant("seven", Ints{7}).constant("three", Ints{3});
  model.node("Div", {"seven", "three"}, "two");
  model.node("Tile", {"x", "two"}, "y");
  CHECK(model.run({1, 2, 3, 4}) == Floats{1, 2, 3, 4, 1, 2, 3, 4});
}

TEST_CASE("integer constants are clipped and padded by integers") {
  OnnxBuilder model({2});
  model.constant("five", Ints{5}).constant("two", Ints{2}).constant("pads", Ints{0, 1});
  model.node("Clip", {"five", "two", "two"}, "clipped");
  model.node("Pad", {"clipped", "pads", "five"}, "padded");  // 2, 5
  model.constant("axis", Ints{0});
  model.node("ReduceSum", {"padded", "axis"}, "sum");
  model.node("Tile", {"x", "sum"}, "y");
  CHECK(model.import().shape(1).elements() == 14);
}

TEST_CASE("sums broadcast on the host, scaling by a constant a channel stays foldable") {
  OnnxBuilder results({1, 2, 1, 2});
  results.node("GlobalAveragePool", {"x"}, "mean");
  results.node("Sub", {"x", "mean"}, "y");
  CHECK(results.run({1, 3, 10, 30}) == Floats{-1, 1, -10, 10});
  CHECK(results.import().nodes[1].op == Op::kHost);

  OnnxBuilder scaled({1, 2, 1, 2});
  scaled.constant("s", {2, 1, 1}, {2, 4});
  scaled.node("Div", {"x", "s"}, "y");
  CHECK(scaled.import().nodes[0].op == Op::kAffine);
  CHECK(scaled.run({1, 2, 3, 4}) == Floats{0.5F, 1, 0.75F, 1});

  OnnxBuilder columns({1, 2, 1, 2});
  columns.constant("b", {2}, {1, 2});
  columns.node("Add", {"x", "b"}, "y");
  CHECK(columns.run({1, 2, 3, 4}) == Floats{2, 4, 4, 6});
}

TEST_CASE("Split: every output that is read is a slice") {
  OnnxBuilder model({1, 3, 1, 2}, 12);
  auto& split = model.node("Split", {"x"}, "a");
  split.add_output("b");
  set_attribute(split, "axis", std::int64_t{1});
  set_attribute(split, "split", Ints{1, 2});
  model.node("Relu", {"b"}, "y");
  CHECK(model.run({1, 2, 3, -4, 5, 6}) == Floats{3, 0, 5, 6});
  CHECK(model.import().nodes.size() == 2);
}

TEST_CASE("views in between leave an image an image, or make it one") {
  OnnxBuilder model({1, 4, 3});
  model.constant("w", {1, 4, 1, 1}, {1, 10, 100, 1000}).constant("axis", Ints{2});
  model.node("Unsqueeze", {"x", "axis"}, "image");
  model.output_rank(4).node("Conv", {"image", "w"}, "y");
  CHECK(model.run({1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3}) == Floats{1741, 2852, 3963});
}
