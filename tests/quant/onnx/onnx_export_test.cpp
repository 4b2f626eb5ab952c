// What is exported imports again as the same function.
#include <catch2/catch.hpp>

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <set>

#include "quant/eval/evaluator.h"
#include "quant/ir/network_zoo.h"
#include "quant/onnx/export.h"
#include "quant/onnx/import.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

const std::filesystem::path networks = std::filesystem::path(BITBALANCE_SOURCE_DIR) / "scenarios/networks";

Network reimported(const Network& network) {
  const TemporaryFolder folder;
  const std::string bytes = to_onnx(network);
  onnx::ModelProto model;
  REQUIRE(model.ParseFromString(bytes));
  std::set<std::string> names;
  for (const onnx::NodeProto& node : model.graph().node()) names.insert(node.name());
  CHECK(static_cast<int>(names.size()) == model.graph().node_size());  // onnxruntime wants each once
  return import_onnx(folder.write(network.name + ".onnx", bytes));
}

void check_same(const Network& network) {
  const Network back = reimported(network);
  const std::vector<float> image = synthetic_image(network.shape(network.input), 7);
  CHECK(Evaluator(back).run(image) == Evaluator(network).run(image));
  REQUIRE(back.nodes.size() == network.nodes.size());
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    CHECK(back.nodes[i].name == network.nodes[i].name);
    CHECK(back.nodes[i].op == network.nodes[i].op);
    CHECK(back.nodes[i].weights == network.nodes[i].weights);
  }
  CHECK(to_onnx(back) == to_onnx(network));
}

}  // namespace

TEST_CASE("the shipped networks survive export, with and without folded normalization") {
  const Network network = import_onnx(networks / GENERATE("fashion.onnx", "lenet.onnx"));
  check_same(network);
  check_same(fold_affine(network));
}

TEST_CASE("every operator survives export") {
  NetworkBuilder builder({4, 9, 8});
  const int wide =
      builder.conv("wide", 0, 6, square_window(3, 2, 1), random_values(6 * 2 * 9, 1), random_values(6, 2), 2);
  const int dilated = builder.conv("dilated", wide, 6, square_window(3, 1, 2, 2), random_values(6 * 6 * 9, 3),
                                   random_values(6, 4));
  const int sum = builder.add("sum", wide, builder.relu("relu", dilated));
  const int shifted = builder.affine("shifted", sum, random_values(6, 5), random_values(6, 6));
  const int clipped = builder.clip("clipped", shifted, -0.5F, 0.75F);
  const int capped = builder.clip("capped", sum, Node().low, 0.5F);
  const int both = builder.concat("both", {clipped, capped});
  const int lrn = builder.lrn("lrn", both, {3, 0.1F, 0.5F, 2.0F});
  Window overhanging = square_window(3, 2, 1);
  overhanging.pad_bottom = 2;
  const int largest = builder.pool("largest", Op::kMaxPool, lrn, overhanging);
  const int mean = builder.pool("mean", Op::kAvgPool, largest, square_window(2, 1, 1), true);
  const Shape shape = overhanging.output_shape({12, 5, 4}, 12);
  Window whole;
  whole.kernel_h = shape.height + 1;
  whole.kernel_w = shape.width + 1;
  const int hidden =
      builder.conv("hidden", mean, 5, whole, random_values(5 * 12 * whole.area(), 8), random_values(5, 9));
  const int act = builder.relu("act", hidden);
  const int out = builder.conv("out", act, 5, {}, random_values(25, 10), random_values(5, 11));
  check_same(builder.build(builder.softmax("softmax", builder.add("skip", out, hidden))));
}

TEST_CASE("an output that needs another node has a name beside it that is free") {
  OnnxBuilder model({1, 4});
  set_integer(model.node("ArgMax", {"x"}, "y"), "axis", 1);
  model.graph().mutable_node(0)->clear_name();
  declare(*model.graph().mutable_output(0), "y", onnx::TensorProto::INT64);
  model.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  const Network network = model.import();
  CHECK(network.nodes.back().name == "y");
  CHECK(Evaluator(reimported(network)).run({1, 3, 2, 0}) == std::vector<float>{1});
}

TEST_CASE("a point that is pooled again stays an image") {
  NetworkBuilder builder({3, 2, 2});
  const int point = builder.conv("point", 0, 4, square_window(2), random_values(48, 1), random_values(4, 2));
  check_same(
      builder.build(builder.pool("pool", Op::kMaxPool, builder.relu("relu", point), square_window(1))));
}

TEST_CASE("features without an image survive export") {
  NetworkBuilder builder({5, 1, 1});
  const int hidden = builder.conv("hidden", 0, 3, {}, random_values(15, 1), random_values(3, 2));
  check_same(builder.build(builder.affine("scaled", hidden, random_values(3, 3), random_values(3, 4))));
}

TEST_CASE("an input that saturates does so in what is exported") {
  for (const int zero : {0, 3, 128}) {
    for (const std::vector<std::int64_t>& dims : {std::vector<std::int64_t>{1, 1, 2, 1}, {1, 2}}) {
      OnnxBuilder model(dims);
      model.constant("s", {}, {0.02F});
      model.raw_constant("z", onnx::TensorProto::UINT8, {}, std::string(1, static_cast<char>(zero)));
      model.node("QuantizeLinear", {"x", "s", "z"}, "q");
      model.node("DequantizeLinear", {"q", "s", "z"}, "r");
      model.node("Sigmoid", {"r"}, "y");
      const Network network = model.import();
      const std::vector<float> image = {-6, 6};
      CHECK(Evaluator(reimported(network)).run(image) == Evaluator(network).run(image));
    }
  }
}

TEST_CASE("an ImageNet graph with concatenations survives export") {
  ZooOptions options;
  options.fully_connected = false;
  const Network network = zoo_network("googlenet", options);
  const Network back = reimported(network);
  REQUIRE(back.nodes.size() == network.nodes.size());
  CHECK(to_onnx(back) == to_onnx(network));
}

TEST_CASE("an export that cannot be written is told") {
  CHECK_THROWS_WITH(export_onnx(import_onnx(networks / "lenet.onnx"), "/nowhere/lenet.onnx"),
                    Catch::Contains("/nowhere/lenet.onnx: cannot be written"));
}
