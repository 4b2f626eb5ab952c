// Every operator that the importer accepts, against values computed by hand.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/quant/onnx/onnx_builder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;

const Floats count_to_16 = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

}  // namespace

TEST_CASE("Conv: kernel, stride, pads and bias") {
  OnnxBuilder model({-1, 1, 3, 3});
  model.constant("w", {1, 1, 2, 2}, {1, 10, 100, 1000}).constant("b", {1}, {0.5F});
  auto& conv = model.node("Conv", {"x", "w", "b"}, "y");
  set_attribute(conv, "strides", Ints{2, 2});
  set_attribute(conv, "pads", Ints{1, 0, 0, 1});
  CHECK(model.run({1, 2, 3, 4, 5, 6, 7, 8, 9}) == Floats{2100.5F, 300.5F, 8754.5F, 906.5F});
}

TEST_CASE("Conv: dilation") {
  OnnxBuilder model({-1, 1, 3, 3});
  model.constant("w", {1, 1, 2, 2}, {1, 10, 100, 1000});
  set_attribute(model.node("Conv", {"x", "w"}, "y"), "dilations", Ints{2, 2});
  CHECK(model.run({1, 2, 3, 4, 5, 6, 7, 8, 9}) == Floats{1 + 30 + 700 + 9000});
}

TEST_CASE("Conv: groups") {
  OnnxBuilder model({1, 2, 1, 2});
  model.constant("w", {4, 1, 1, 1}, {1, 2, 3, 4});
  set_attribute(model.node("Conv", {"x", "w"}, "y"), "group", std::int64_t{2});
  CHECK(model.run({1, 2, 10, 20}) == Floats{1, 2, 2, 4, 30, 60, 40, 80});
}

TEST_CASE("Conv: auto_pad puts the odd pad at the end or at the beginning") {
  OnnxBuilder model({1, 1, 1, 4});
  model.constant("w", {1, 1, 1, 2}, {1, 10});
  auto& conv = model.node("Conv", {"x", "w"}, "y");
  SECTION("SAME_UPPER") {
    set_attribute(conv, "auto_pad", "SAME_UPPER");
    CHECK(model.run({1, 2, 3, 4}) == Floats{21, 32, 43, 4});
  }
  SECTION("SAME_LOWER") {
    set_attribute(conv, "auto_pad", "SAME_LOWER");
    CHECK(model.run({1, 2, 3, 4}) == Floats{10, 21, 32, 43});
  }
  SECTION("VALID") {
    set_attribute(conv, "auto_pad", "VALID");
    CHECK(model.run({1, 2, 3, 4}) == Floats{21, 32, 43});
  }
  SECTION("SAME_UPPER with a stride") {
    set_attribute(conv, "auto_pad", "SAME_UPPER");
    set_attribute(conv, "strides", Ints{1, 3});
    CHECK(model.run({1, 2, 3, 4}) == Floats{21, 4});
  }
}

TEST_CASE("BatchNormalization: parameters that are computed") {
  OnnxBuilder model({1, 2, 2});
  model.constant("two", {2}, {2, 4}).constant("b", {2}, {1, -1});
  set_attribute(model.node("ReduceMean", {"x"}, "mean"), "axes", Ints{0, 2});
  set_attribute(*model.graph().mutable_node(0), "keepdims", std::int64_t{0});
  model.node("Mul", {"mean", "mean"}, "variance");
  set_attribute(model.node("BatchNormalization", {"x", "two", "b", "mean", "variance"}, "y"), "epsilon",
                0.0F);
  CHECK(model.run({1, 3, 4, 12}) == Floats{2 * -0.5F + 1, 2 * 0.5F + 1, 4 * -0.5F - 1, 4 * 0.5F - 1});
}

TEST_CASE("a mask behind a product is added on the host, a bias joins the product") {
  const auto operators = [](const std::string& op, const Floats& addend) {
    OnnxBuilder model({1, 2});
    model.constant("w", {2, 2}, {1, 2, 3, 4}).constant("m", {1, 2}, addend);
    model.node("MatMul", {"x", "w"}, "product");
    model.node(op, {"product", "m"}, "y");
    const float sign = op == "Add" ? 1.0F : -1.0F;
    CHECK(model.run({1, 10}) == Floats{31 + sign * addend[0], 42 + sign * addend[1]});
    std::vector<Op> found;
    for (const Node& node : model.import().nodes) found.push_back(node.op);
    return found;
  };
  for (const float masked : {-INFINITY, -1e9F, -65504.0F, -1e4F}) {
    CHECK(operators("Add", {0, masked}) == std::vector<Op>{Op::kConv, Op::kHost});
    CHECK(operators("Add", {masked, -0.5F}) == std::vector<Op>{Op::kConv, Op::kHost});
    CHECK(operators("Sub", {-masked, 0}) == std::vector<Op>{Op::kConv, Op::kHost});
  }
  CHECK(operators("Add", {0, -9999}) == std::vector<Op>{Op::kConv});
  CHECK(operators("Add", {0, 20000}) == std::vector<Op>{Op::kConv});
  CHECK(operators("Add", {-20000, 20000}) == std::vector<Op>{Op::kConv});
  CHECK(operators("Add", {-20000, -20010}) == std::vector<Op>{Op::kConv});
  CHECK(operators("Sub", {0, -20000}) == std::vector<Op>{Op::kConv, Op::kAffine});
  CHECK(operators("Sub", {0, -9999}) == std::vector<Op>{Op::kConv, Op::kAffine});
}

TEST_CASE("Gemm: transposition, factors and bias") {
  OnnxBuilder model({-1, 2});
  const bool is_transposed = GENERATE(false, true);
  model.constant("w", {2, 2}, is_transposed ? Floats{1, 3, 2, 4} : Floats{1, 2, 3, 4})
      .constant("b", {2}, {5, 6});
  auto& gemm = model.node("Gemm", {"x", "w", "b"}, "y");
  set_attribute(gemm, "transB", std::int64_t{is_transposed});
  set_attribute(gemm, "alpha", 2.0F);
  set_attribute(gemm, "beta", 10.0F);
  CHECK(model.run({1, 10}) == Floats{2 * 31 + 50, 2 * 42 + 60});
}

TEST_CASE("Gemm: one bias value serves all outputs, and none is zero") {
  OnnxBuilder model({1, 2});
  model.constant("w", {2, 2}, {1, 2, 3, 4});
  SECTION("one") {
    model.constant("b", {1}, {7});
    model.node("Gemm", {"x", "w", "b"}, "y");
    CHECK(model.run({1, 10}) == Floats{38, 49});
  }
  SECTION("none") {
    model.node("Gemm", {"x", "w"}, "y");
    CHECK(model.run({1, 10}) == Floats{31, 42});
  }
}

TEST_CASE("Gemm after Flatten is a convolution as large as the image") {
  OnnxBuilder model({-1, 2, 1, 2});
  model.output_rank(2).constant("w", {4, 1}, {1, 10, 100, 1000});
  model.node("Flatten", {"x"}, "flat");
  model.node("Gemm", {"flat", "w"}, "y");
  CHECK(model.run({1, 2, 3, 4}) == Floats{4321});
  const Network network = model.import();
  REQUIRE(network.nodes.size() == 1);
  CHECK(network.nodes[0].window.kernel_w == 2);
  CHECK(network.shape(network.nodes[0].input) == Shape{2, 1, 2});
}

TEST_CASE("Gemm of more rows or columns than a kernel has takes them as channels") {
  for (const Ints& extents : {Ints{1, 300, 1}, Ints{1, 1, 1, 300}, Ints{1, 2, 2, 260}}) {
    std::int64_t inputs = 1;
    for (const std::int64_t extent : extents) inputs *= extent;
    OnnxBuilder model(extents);
    model.output_rank(2).constant("w", {inputs, 1}, Floats(inputs, 2)).node("Flatten", {"x"}, "flat");
    model.node("Gemm", {"flat", "w"}, "y");
    CHECK(model.run(Floats(inputs, 0.5F)) == Floats{static_cast<float>(inputs)});
    const Network network = model.import();
    CHECK(network.nodes.back().window.kernel_h == 1);
    CHECK(network.nodes.back().window.kernel_w == 1);
  }
}

TEST_CASE("MatMul and Add of a constant") {
  OnnxBuilder model({-1, 2});
  model.constant("w", {2, 2}, {1, 2, 3, 4}).constant("b", {2}, {5, 6});
  model.node("MatMul", {"x", "w"}, "product");
  SECTION("on the right") {
    model.node("Add", {"product", "b"}, "y");
  }
  SECTION("on the left") {
    model.node("Add", {"b", "product"}, "y");
  }
  CHECK(model.run({1, 10}) == Floats{36, 48});
}

TEST_CASE("Add: constants per channel or for all") {
  OnnxBuilder model({1, 2, 1, 2});
  SECTION("per channel") {
    model.constant("b", {2, 1, 1}, {10, 20});
    model.node("Add", {"x", "b"}, "y");
    CHECK(model.run({1, 2, 3, 4}) == Floats{11, 12, 23, 24});
  }
  SECTION("one value") {
    model.constant("b", {}, {10});
    model.node("Add", {"x", "b"}, "y");
    CHECK(model.run({1, 2, 3, 4}) == Floats{11, 12, 13, 14});
  }
}

TEST_CASE("Add: two results") {
  OnnxBuilder model({1, 1, 1, 2});
  model.node("Relu", {"x"}, "r");
  model.node("Add", {"r", "x"}, "y");
  CHECK(model.run({-3, 4}) == Floats{-3, 8});
}

TEST_CASE("BatchNormalization") {
  OnnxBuilder model({-1, 2, 1, 2});
  model.constant("gamma", {2}, {2, 3}).constant("beta", {2}, {1, -1});
  model.constant("mean", {2}, {5, 0}).constant("variance", {2}, {3.75F, 0});
  set_attribute(model.node("BatchNormalization", {"x", "gamma", "beta", "mean", "variance"}, "y"), "epsilon",
                0.25F);
  CHECK(model.run({5, 7, 1, 2}) == Floats{1, 3, 5, 11});
}

TEST_CASE("Relu and Clip") {
  SECTION("Relu") {
    OnnxBuilder model({1, 3});
    model.node("Relu", {"x"}, "y");
    CHECK(model.run({-1, 2, 9}) == Floats{0, 2, 9});
  }
  SECTION("Clip, bounds as inputs") {
    OnnxBuilder model({1, 3});
    model.constant("low", {}, {0}).constant("high", {}, {6});
    model.node("Clip", {"x", "low", "high"}, "y");
    CHECK(model.run({-1, 2, 9}) == Floats{0, 2, 6});
  }
  SECTION("Clip, only the upper bound") {
    OnnxBuilder model({1, 3});
    model.constant("high", {}, {6});
    model.node("Clip", {"x", "", "high"}, "y");
    CHECK(model.run({-1, 2, 9}) == Floats{-1, 2, 6});
  }
  SECTION("Clip, a lower bound above the upper") {
    OnnxBuilder model({1, 3});
    model.constant("low", {}, {6}).constant("high", {}, {2});
    model.node("Clip", {"x", "low", "high"}, "y");
    CHECK(model.run({-1, 4, 9}) == Floats{2, 2, 2});
  }
  SECTION("Clip, bounds as attributes before opset 11") {
    OnnxBuilder model({1, 3}, 9);
    auto& clip = model.node("Clip", {"x"}, "y");
    set_attribute(clip, "min", 1.0F);
    set_attribute(clip, "max", 6.0F);
    CHECK(model.run({-1, 2, 9}) == Floats{1, 2, 6});
  }
}

TEST_CASE("MaxPool: stride, pads and ceil_mode") {
  OnnxBuilder model({-1, 1, 4, 4});
  auto& pool = model.node("MaxPool", {"x"}, "y");
  set_attribute(pool, "strides", Ints{2, 2});
  SECTION("plain") {
    set_attribute(pool, "kernel_shape", Ints{2, 2});
    CHECK(model.run(count_to_16) == Floats{6, 8, 14, 16});
  }
  SECTION("rounded down") {
    set_attribute(pool, "kernel_shape", Ints{3, 3});
    CHECK(model.run(count_to_16) == Floats{11});
  }
  SECTION("rounded up") {
    set_attribute(pool, "kernel_shape", Ints{3, 3});
    set_attribute(pool, "ceil_mode", std::int64_t{1});
    CHECK(model.run(count_to_16) == Floats{11, 12, 15, 16});
  }
  SECTION("padded") {
    set_attribute(pool, "kernel_shape", Ints{3, 3});
    set_attribute(pool, "pads", Ints{1, 1, 1, 1});
    CHECK(model.run(count_to_16) == Floats{6, 8, 14, 16});
  }
}

TEST_CASE("AveragePool: pads count or not, ceil_mode never counts") {
  OnnxBuilder model({1, 1, 1, 3});
  auto& pool = model.node("AveragePool", {"x"}, "y");
  set_attribute(pool, "kernel_shape", Ints{1, 2});
  set_attribute(pool, "strides", Ints{1, 2});
  SECTION("pads ignored") {
    set_attribute(pool, "pads", Ints{0, 1, 0, 0});
    CHECK(model.run({2, 4, 8}) == Floats{2, 6});
  }
  SECTION("pads counted") {
    set_attribute(pool, "pads", Ints{0, 1, 0, 0});
    set_attribute(pool, "count_include_pad", std::int64_t{1});
    CHECK(model.run({2, 4, 8}) == Floats{1, 6});
  }
  SECTION("rounded up") {
    set_attribute(pool, "ceil_mode", std::int64_t{1});
    CHECK(model.run({2, 4, 8}) == Floats{3, 8});
  }
}

TEST_CASE("GlobalAveragePool") {
  OnnxBuilder model({-1, 2, 2, 2});
  model.node("GlobalAveragePool", {"x"}, "y");
  CHECK(model.run({1, 2, 3, 4, 10, 20, 30, 40}) == Floats{2.5F, 25});
}

TEST_CASE("Flatten, Reshape, Dropout and Identity add no layer") {
  OnnxBuilder model({-1, 1, 2, 2});
  model.output_rank(2).constant("shape", Ints{-1, 4});
  model.node("Relu", {"x"}, "relu");
  model.node("Dropout", {"relu"}, "dropped");
  model.node("Identity", {"dropped"}, "same");
  SECTION("Flatten") {
    model.node("Flatten", {"same"}, "y");
  }
  SECTION("Reshape") {
    model.node("Reshape", {"same", "shape"}, "y");
  }
  CHECK(model.run({-1, 2, 3, 4}) == Floats{0, 2, 3, 4});
  CHECK(model.import().nodes.size() == 1);
}

TEST_CASE("Constant, and Reshape of a constant") {
  OnnxBuilder model({1, 2});
  model.constant("flat", {2, 1, 1}, {3, 4}).constant("shape", Ints{2, 1});
  model.node("Reshape", {"flat", "shape"}, "w");
  auto& constant = model.node("Constant", {}, "b");
  auto& value = *constant.add_attribute();
  value.set_name("value");
  value.set_type(onnx::AttributeProto::TENSOR);
  value.mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
  value.mutable_t()->add_dims(1);
  value.mutable_t()->add_float_data(100);
  model.node("Gemm", {"x", "w", "b"}, "y");
  CHECK(model.run({1, 10}) == Floats{143});
}

TEST_CASE("layers are named after nodes, PyTorch's after the scope, all of them uniquely") {
  OnnxBuilder model({1, 2});
  model.node("Relu", {"x"}, "a").set_name("/block/act/Relu");
  model.node("Abs", {"a"}, "b").set_name("twice");
  model.node("Abs", {"b"}, "c").set_name("twice");
  model.node("Abs", {"c"}, "y").clear_name();
  const Network network = model.import();
  CHECK(network.nodes[0].name == "block/act");
  CHECK(network.nodes[1].name == "twice");
  CHECK(network.nodes[2].name == "twice_2");
  CHECK(network.nodes[3].name == "y");
}

TEST_CASE("initializers may be listed as inputs, and stored raw") {
  OnnxBuilder model({1, 1});
  model.constant("w", {1, 1}, {});
  const float weight = 3;
  model.graph().mutable_initializer(0)->set_raw_data(&weight, sizeof weight);
  onnx::ValueInfoProto& listed = *model.graph().add_input();
  listed = model.graph().input(0);
  listed.set_name("w");
  model.node("MatMul", {"x", "w"}, "y");
  CHECK(model.run({2}) == Floats{6});
}

TEST_CASE("Concat: channels, also of flattened images and computed by one node twice") {
  OnnxBuilder model({-1, 2, 1, 2});
  model.node("Relu", {"x"}, "r");
  set_attribute(model.node("Concat", {"x", "r", "x"}, "y"), "axis", std::int64_t{1});
  CHECK(model.run({-1, 2, 3, -4}) == Floats{-1, 2, 3, -4, 0, 2, 3, 0, -1, 2, 3, -4});

  OnnxBuilder flat({1, 2, 1, 2});
  flat.output_rank(2);
  flat.node("Flatten", {"x"}, "f");
  flat.node("Relu", {"f"}, "r");
  set_attribute(flat.node("Concat", {"f", "r"}, "y"), "axis", std::int64_t{-1});
  CHECK(flat.run({-1, 2, 3, -4}) == Floats{-1, 2, 3, -4, 0, 2, 3, 0});
}

TEST_CASE("LRN: an even size reaches further up") {
  OnnxBuilder model({1, 3, 1, 1});
  auto& lrn = model.node("LRN", {"x"}, "y");
  set_attribute(lrn, "size", std::int64_t{2});
  set_attribute(lrn, "alpha", 2.0F);
  set_attribute(lrn, "beta", 1.0F);
  set_attribute(lrn, "bias", 1.0F);
  CHECK(model.run({1, 2, 3}) == Floats{1.0F / 6, 2.0F / 14, 3.0F / 10});
}

TEST_CASE("Softmax: over all of an image, in both readings of the axis") {
  for (const std::int64_t opset : {11, 13}) {
    OnnxBuilder model({1, 2, 1, 1}, opset);
    set_attribute(model.node("Softmax", {"x"}, "y"), "axis", std::int64_t{1});
    const Floats result = model.run({1000, 1000});
    CHECK(result == Floats{0.5F, 0.5F});
  }
}

TEST_CASE("a OneHot is as deep as a constant says, within bounds") {
  const auto model = [](const std::vector<float>& depth, const std::vector<float>& values,
                        std::int64_t width = 2) {
    OnnxBuilder one_hot({1, width});
    one_hot.constant("depth", {static_cast<std::int64_t>(depth.size())}, depth);
    one_hot.constant("values", {static_cast<std::int64_t>(values.size())}, values);
    one_hot.node("OneHot", {"x", "depth", "values"}, "y");
    return one_hot.output_rank(3);
  };
  CHECK(model({3}, {0, 1}).run({2, -3.5F}) == std::vector<float>{0, 0, 1, 1, 0, 0});
  CHECK_THAT(model({0}, {0, 1}).refusal(), Contains("depth is 0; accepted: 1 to 16777216"));
  CHECK_THAT(model({1e6F * 16}, {0, 1}, 20).refusal(), Contains("at most 268435456 elements"));
  OnnxBuilder computed = model({3}, {0, 1});
  computed.node("Relu", {"x"}, "r");
  computed.constant("row", std::vector<std::int64_t>{2});
  computed.node("Reshape", {"r", "row"}, "two");
  computed.graph().mutable_node(0)->set_input(2, "two");
  CHECK_THAT(computed.refusal(), Contains("input 'two' is computed; accepted: a constant"));
}

TEST_CASE("ReduceLogSumExp: terms beyond all numbers") {
  OnnxBuilder model({2, 2});
  model.output_rank(1);
  onnx::NodeProto& node = model.node("ReduceLogSumExp", {"x"}, "y");
  set_attribute(node, "axes", std::vector<std::int64_t>{1});
  set_attribute(node, "keepdims", std::int64_t{0});
  CHECK(model.run({1000, 1000, -2000, -3000}) == Floats{1000.693147F, -2000});
}

TEST_CASE("GridSample samples images alone until operator set 19") {
  const auto line = [](std::int64_t opset) {
    OnnxBuilder model({1, 1, 3}, opset);
    model.constant("places", {1, 2, 1}, {0, 1}).node("GridSample", {"x", "places"}, "y");
    return model;
  };
  CHECK(line(20).run({1, 2, 4}) == Floats{2, 2});
  CHECK_THAT(line(19).refusal(), Contains("(GridSample): "));
}
