// Operators of the host survive export. ONNX's own tests of them go there and back in conformance_test.cpp;
// here is what those do not show: graphs of several steps, extents, and operators that mean something else
// in the operator set that is written.
#include <catch2/catch.hpp>

#include <functional>
#include <limits>
#include <map>
#include <set>

#include "quant/eval/evaluator.h"
#include "quant/method/calibration.h"
#include "quant/method/layers/equalization.h"
#include "quant/method/layers/host_placement.h"
#include "quant/onnx/export.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/check_near.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;

Floats image_of(const Network& network) {
  return random_values(network.shape(network.input).elements(), 7);
}

void check_survives(const Network& network) {
  const Network back = import_bytes(to_onnx(network));
  CHECK(Evaluator(back).run(image_of(network)) == Evaluator(network).run(image_of(network)));
}

onnx::ModelProto parsed(const std::string& bytes) {
  onnx::ModelProto model;
  REQUIRE(model.ParseFromString(bytes));
  return model;
}

Ints dims_of(const onnx::ValueInfoProto& value) {
  Ints dims;
  for (const auto& dim : value.type().tensor_type().shape().dim())
    dims.push_back(dim.has_dim_value() ? dim.dim_value() : -1);
  return dims;
}

/// A convolution with HardSwish, attention over its twelve pixels, and the result at twice the size; `behind`
/// adds what follows the tensor "large" of 8 x 6 x 8.
Network attention_network(const std::function<void(OnnxBuilder&)>& behind) {
  constexpr std::int64_t kOpset = 14;
  OnnxBuilder model({1, 8, 6, 8}, kOpset);
  model.constant("w1", {8, 8, 3, 3}, random_values(8 * 8 * 9, 1))
      .constant("w2", {8, 24}, random_values(192, 2));
  set_attribute(model.node("Conv", {"x", "w1"}, "c"), "strides", Ints{2, 2});
  set_attribute(model.graph().mutable_node()->rbegin()[0], "pads", Ints{1, 1, 1, 1});
  model.node("HardSwish", {"c"}, "h");
  model.constant("rows", Ints{1, 8, 12}).node("Reshape", {"h", "rows"}, "planes");
  set_attribute(model.node("Transpose", {"planes"}, "pixels"), "perm", Ints{0, 2, 1});
  model.node("MatMul", {"pixels", "w2"}, "qkv");
  model.constant("axis", Ints{2}).constant("0", Ints{0}).constant("8", Ints{8}).constant("16", Ints{16});
  model.constant("24", Ints{24});
  model.node("Slice", {"qkv", "0", "8", "axis"}, "q");
  model.node("Slice", {"qkv", "8", "16", "axis"}, "k");
  model.node("Slice", {"qkv", "16", "24", "axis"}, "v");
  set_attribute(model.node("Transpose", {"k"}, "kt"), "perm", Ints{0, 2, 1});
  model.node("MatMul", {"q", "kt"}, "products");
  model.constant("root", {}, {0.35F}).node("Mul", {"products", "root"}, "scores");
  set_attribute(model.node("Softmax", {"scores"}, "shares"), "axis", std::int64_t{-1});
  model.node("MatMul", {"shares", "v"}, "mixed");
  set_attribute(model.node("Transpose", {"mixed"}, "back"), "perm", Ints{0, 2, 1});
  model.constant("image", Ints{1, 8, 3, 4}).node("Reshape", {"back", "image"}, "small");
  model.constant("scales", {4}, {1, 1, 2, 2});
  set_attribute(model.node("Resize", {"small", "", "scales"}, "large"), "mode", std::string("linear"));
  behind(model);
  return model.import();
}

HostOperand number(float value) {
  return {-1, {{}, {value}}};
}

}  // namespace

TEST_CASE("attention between convolutions survives export as imported, placed, merged and equalized") {
  const Network network = attention_network([](OnnxBuilder& model) {
    model.constant("w3", {4, 8, 1, 1}, random_values(32, 3)).node("Conv", {"large", "w3"}, "y");
  });
  check_survives(network);
  check_survives(place_on_host(network));
  const Network lowered = lower_network(network);
  check_survives(lowered);
  Calibration calibration = calibrate(lowered, {image_of(network)});
  check_survives(equalize_channels(lowered, calibration));
}

TEST_CASE("a pooling that the host took over is one again for who reads the file") {
  const Op pooling = GENERATE(Op::kAvgPool, Op::kMaxPool);
  NetworkBuilder builder({4, 5, 5});
  const int exp = builder.host("exp", {0}, host_operator("Exp"));
  const int pool =
      builder.pool("pool", pooling, exp, {3, 2, 2, 1, 1, 1, 1, 0, 0, 1}, pooling == Op::kAvgPool);
  const Network network = lower_network(builder.build(builder.host("log", {pool}, host_operator("Log"))));
  REQUIRE(network.nodes.size() == 1);
  const Network back = lower_network(import_bytes(to_onnx(network)));
  CHECK(back.nodes.size() == 1);
  CHECK(Evaluator(back).run(image_of(network)) == Evaluator(network).run(image_of(network)));
}

TEST_CASE("a file with graphs of the host takes one image, and their result keeps its extents") {
  const onnx::ModelProto file = parsed(to_onnx(attention_network([](OnnxBuilder& model) {
    model.constant("flat", Ints{8, 48}).node("Reshape", {"large", "flat"}, "flat_image");
    model.output_rank(2).node("Sigmoid", {"flat_image"}, "y");
  })));
  CHECK(file.opset_import(0).version() == 17);
  CHECK(dims_of(file.graph().input(0)) == Ints{1, 8, 6, 8});
  CHECK(dims_of(file.graph().output(0)) == Ints{8, 48});
}

TEST_CASE("softmax and LRN alone leave the batch open, with more beside them they do not") {
  NetworkBuilder builder({4, 3, 2});
  const int first = builder.conv("first", 0, 4, {}, random_values(16, 1), random_values(4, 2));
  const int lrn = builder.lrn("lrn", first, {3, 0.1F, 0.5F, 2.0F});
  const int second = builder.conv("second", lrn, 4, {}, random_values(16, 3), random_values(4, 4));
  const Network network = builder.build(builder.softmax("softmax", second));
  CHECK(dims_of(parsed(to_onnx(network)).graph().input(0)) == Ints{-1, 4, 3, 2});
  Calibration calibration = calibrate(network, {image_of(network)});
  const Network equalized = equalize_channels(network, calibration);
  CHECK(dims_of(parsed(to_onnx(equalized)).graph().input(0)) == Ints{1, 4, 3, 2});
  check_survives(equalized);
}

TEST_CASE("normalization over rows is no normalization over channels") {
  OnnxBuilder model({1, 4, 6});
  set_attribute(model.node("LRN", {"x"}, "y"), "size", std::int64_t{3});
  check_survives(model.import());
}

TEST_CASE("comparisons, choices and divisions of integers survive export") {
  NetworkBuilder builder({2, 3, 4});
  const int large = builder.host("large", {0}, [] {
    HostOperator scaled = host_operator("Mul");
    scaled.operands = {number(5)};
    return scaled;
  }());
  const int whole = builder.host("whole", {large}, host_operator("Floor"));
  const int less = builder.host("less", {large, whole}, host_operator("Less"));
  const int greater = builder.host("greater", {large, whole}, host_operator("Greater"));
  const int equal = builder.host("equal", {less, greater}, host_operator("Equal"));
  HostOperator quotient = host_operator("Div");
  quotient.attributes.integers["integers"] = {1};
  quotient.operands = {number(3)};
  const int third = builder.host("third", {whole}, quotient);
  const int chosen = builder.host("chosen", {less, third, large}, host_operator("Where"));
  HostOperator clip = host_operator("Clip", 7);
  clip.attributes.numbers = {{"min", {-std::numeric_limits<float>::infinity()}}, {"max", {2.5F}}};
  const int clipped =
      builder.host("clipped", {builder.host("sum", {chosen, equal}, host_operator("Add"))}, clip);
  HostOperator line = host_operator("HardSigmoid");
  line.attributes.numbers = {{"alpha", {0.125F}}, {"beta", {0.25F}}};
  const int shaped = builder.host("shaped", {builder.host("minus", {clipped}, host_operator("Neg"))}, line);
  const Network network = builder.build(builder.host(
      "relu", {builder.host("both", {clipped, shaped}, host_operator("Add"))}, host_operator("Relu")));
  const Floats values = Evaluator(network).run(image_of(network));
  CHECK(std::set<float>(values.begin(), values.end()).size() > 4);  // it is not all one case
  check_survives(network);
  check_survives(merge_host_nodes(network));
}

TEST_CASE("Gelu is spelled out in the operator set that is written") {
  for (const char* approximate : {"none", "tanh"}) {
    OnnxBuilder model({1, 64}, 20);
    set_attribute(model.node("Gelu", {"x"}, "y"), "approximate", std::string(approximate));
    const Network network = model.import();
    const Floats image = image_of(network);
    check_near(Evaluator(import_bytes(to_onnx(network))).run(image), Evaluator(network).run(image), 1e-6);
  }
}

TEST_CASE("what meant something else in an older operator set keeps its meaning") {
  const auto alone = [](const HostOperator& only) {
    NetworkBuilder builder({3, 4, 5});
    return builder.build(builder.host("only", {0}, only));
  };
  SECTION("softmax over all dimensions from the axis on") {
    HostOperator softmax = host_operator(GENERATE("Softmax", "LogSoftmax"), 11);
    softmax.attributes.integers["axis"] = {GENERATE(1, 2, 3, -2)};
    check_survives(alone(softmax));
  }
  SECTION("coordinates without a choice") {
    HostOperator resize = GENERATE(host_operator("Upsample", 9), host_operator("Resize", 10));
    resize.attributes.numbers["scales"] = {1, 1, 1.7F, 2};
    resize.attributes.words["mode"] = GENERATE("nearest", "linear");
    check_survives(alone(resize));
  }
  SECTION("half a pixel for nearest neighbours") {
    HostOperator resize = host_operator("Resize", 11);
    resize.attributes.numbers = {{"roi", {}}, {"scales", {}}};
    resize.attributes.integers["sizes"] = {1, 3, 6, 3};
    resize.attributes.words["coordinate_transformation_mode"] = "tf_half_pixel_for_nn";
    SECTION("rounded down, or to the nearest") {
      resize.attributes.words["nearest_mode"] = GENERATE("floor", "round_prefer_floor");
      check_survives(alone(resize));
    }
    SECTION("rounded otherwise") {
      resize.attributes.words["nearest_mode"] = "ceil";
      CHECK_THROWS_WITH(
          to_onnx(alone(resize)),
          Catch::Contains("node 'only': 'Resize': tf_half_pixel_for_nn with nearest_mode ceil"));
    }
  }
  SECTION("parameters that were attributes") {
    HostOperator slice = host_operator("Slice", 7);
    slice.attributes.integers = {{"starts", {1, -3}}, {"ends", {3, 1000000000000000000}}, {"axes", {2, 3}}};
    check_survives(alone(slice));
    HostOperator pad = host_operator("Pad", 7);
    pad.attributes.integers["pads"] = {0, 0, 1, 0, 0, 1, 0, 2};
    pad.attributes.numbers["value"] = {0.5F};
    check_survives(alone(pad));
    HostOperator sum = host_operator("ReduceSum", 11);
    sum.attributes.integers["axes"] = {1, 3};
    check_survives(alone(sum));
  }
}

TEST_CASE("computed indices, remainders of integers and what is no number survive export") {
  OnnxBuilder model({1, 6});
  model.constant("k", Ints{3}).node("TopK", {"x", "k"}, "largest").add_output("places");
  model.constant("table", {6}, random_values(6, 5)).node("Gather", {"table", "places"}, "found");
  set_attribute(model.node("GatherElements", {"x", "places"}, "again"), "axis", std::int64_t{1});
  model.constant("two", Ints{-2}).node("Mod", {"places", "two"}, "rest");
  model.cast("rest", "rests", onnx::TensorProto::FLOAT);
  model.node("Log", {"x"}, "logarithm");  // of negative numbers, too
  model.node("IsNaN", {"logarithm"}, "is_none");
  model.node("Reciprocal", {"x"}, "inverse");
  model.node("IsInf", {"inverse"}, "is_endless");
  model.constant("one", {}, {1}).constant("zero", {}, {0}).node("Where", {"is_none", "one", "zero"}, "a");
  model.node("Where", {"is_endless", "one", "a"}, "b");
  set_attribute(model.node("GatherElements", {"b", "places"}, "c"), "axis", std::int64_t{1});
  model.node("Sum", {"found", "again", "rests", "c"}, "y");
  check_survives(model.import());
}

TEST_CASE("means, norms and powers of integers survive export") {
  constexpr std::int64_t kOpset = 17;
  for (const char* type : {"ReduceMean", "ReduceL2", "Pow"}) {
    CAPTURE(type);
    OnnxBuilder model({1, 6}, kOpset);
    model.constant("forty", {}, {40}).node("Mul", {"x", "forty"}, "scaled");
    model.cast("scaled", "a", onnx::TensorProto::INT32);
    std::vector<std::string> inputs = {"a"};
    if (std::string(type) == "Pow") {
      model.constant("half", {}, {0.5F}).node("Abs", {"a"}, "size");
      inputs = {"size", "half"};
    }
    model.node(type, inputs, "c");
    model.cast("c", "y", onnx::TensorProto::FLOAT);
    check_survives(model.import());
  }
}

TEST_CASE("an update by the larger of two survives export, in the operator set that has it") {
  constexpr std::int64_t kHasMax = 18;
  for (const char* op : {"ScatterND", "ScatterElements"}) {
    OnnxBuilder model({1, 3}, kHasMax);
    const bool is_nd = std::string(op) == "ScatterND";
    if (is_nd) {
      model.constant("place", Ints{0, 1}).constant("update", {}, {0.5F});
    } else {
      model.raw_constant("place", onnx::TensorProto::INT64, {1, 1}, std::string("\1\0\0\0\0\0\0\0", 8));
      model.constant("update", {1, 1}, {0.5F});
    }
    onnx::NodeProto& update = model.node(op, {"x", "place", "update"}, "u");
    set_attribute(update, "reduction", std::string("max"));
    if (!is_nd) set_attribute(update, "axis", std::int64_t{1});
    // Axes became an input in the same operator set.
    model.constant("axes", Ints{1}).node("ReduceMax", {"u", "axes"}, "m");
    model.node("Sub", {"u", "m"}, "y");
    const Network network = model.import();
    CHECK(parsed(to_onnx(network)).opset_import(0).version() == kHasMax);
    check_survives(network);
  }
}

TEST_CASE("norms over windows and samples survive export, under the names that their operator set has") {
  for (const char* mode : {"linear", "cubic", "nearest"}) {
    OnnxBuilder model({1, 2, 5, 6}, 22);
    onnx::NodeProto& pool = model.node("LpPool", {"x"}, "p");
    set_attribute(pool, "kernel_shape", Ints{2, 3});
    set_attribute(pool, "strides", Ints{1, 2});
    set_attribute(pool, "pads", Ints{1, 0, 0, 1});
    set_attribute(pool, "p", std::int64_t{3});
    model.constant("places", {1, 2, 2, 2}, random_values(8, 3));
    set_attribute(model.node("GridSample", {"p", "places"}, "y"), "mode", std::string(mode));
    check_survives(model.import());
  }
}

TEST_CASE("means over volumes that overhang counted padding survive export") {
  OnnxBuilder model({1, 2, 3, 4, 6});
  onnx::NodeProto& pool = model.node("AveragePool", {"x"}, "y");
  set_attribute(pool, "kernel_shape", Ints{2, 2, 3});
  set_attribute(pool, "strides", Ints{2, 2, 2});
  set_attribute(pool, "pads", Ints{0, 0, 1, 0, 0, 0});
  set_integer(pool, "ceil_mode", 1);
  set_integer(pool, "count_include_pad", 1);
  const Network network = model.import();
  CHECK(network.nodes.at(0).host.steps.at(0).type == "AveragePool");
  check_survives(network);
}

TEST_CASE("boxes that are chosen survive export") {
  OnnxBuilder model({1, 2, 5});
  model.constant("boxes", {1, 5, 4}, random_values(20, 3))
      .constant("most", Ints{3})
      .constant("share", {1}, {0.25F});
  model.node("NonMaxSuppression", {"boxes", "x", "most", "share"}, "chosen");
  set_integer(*model.graph().mutable_node(0), "center_point_box", 1);
  model.node("GatherND", {"x", "chosen"}, "y");
  model.output_rank(1);
  check_survives(model.import());
}

TEST_CASE("places that are found survive export") {
  OnnxBuilder model({1, 2, 5});
  model.node("Relu", {"x"}, "r");
  model.node("NonZero", {"r"}, "places");
  model.cast("places", "y", onnx::TensorProto::FLOAT);
  model.output_rank(2);
  check_survives(model.import());
}

TEST_CASE("maxima of regions survive export") {
  OnnxBuilder model({1, 2, 5, 6});
  model.constant("regions", {3, 5}, {0, 0, 0, 5, 4, 0, 1, 1, 3, 3, 0, 2, 0, 2, 4});
  set_attribute(model.node("MaxRoiPool", {"x", "regions"}, "y"), "pooled_shape", Ints{2, 3});
  check_survives(model.import());
}

TEST_CASE("windows with gaps, wrapped borders and filters survive export, in a younger operator set") {
  constexpr std::int64_t kNewest = 22;
  const auto written_opset = [](const OnnxBuilder& model) {
    const Network network = model.import();
    check_survives(network);
    return parsed(to_onnx(network)).opset_import(0).version();
  };
  for (const char* op : {"AveragePool", "LpPool"}) {
    OnnxBuilder gaps({1, 1, 5, 5}, kNewest);
    onnx::NodeProto& pool = gaps.node(op, {"x"}, "y");
    set_attribute(pool, "kernel_shape", Ints{2, 2});
    set_attribute(pool, "dilations", Ints{2, 2});
    CHECK(written_opset(gaps) == (std::string(op) == "LpPool" ? 18 : 19));
  }
  OnnxBuilder overhanging({1, 1, 5, 5}, 18);
  onnx::NodeProto& norm = overhanging.node("LpPool", {"x"}, "y");
  set_attribute(norm, "kernel_shape", Ints{2, 2});
  set_attribute(norm, "strides", Ints{2, 2});
  set_integer(norm, "ceil_mode", 1);
  CHECK(written_opset(overhanging) == 18);
  OnnxBuilder wrapped({1, 4}, kNewest);
  wrapped.constant("pads", Ints{0, 1, 0, 2});
  set_attribute(wrapped.node("Pad", {"x", "pads"}, "y"), "mode", std::string("wrap"));
  CHECK(written_opset(wrapped) == 19);
  OnnxBuilder resized({1, 1, 5, 5}, kNewest);
  resized.constant("scales", {4}, {1, 1, 1.5F, 1.5F});
  set_attribute(resized.node("Resize", {"x", "", "scales"}, "y"), "coordinate_transformation_mode",
                std::string("half_pixel_symmetric"));
  CHECK(written_opset(resized) == 19);
  OnnxBuilder filtered({1, 1, 6, 6}, kNewest);
  filtered.constant("halves", {4}, {1, 1, 0.5F, 0.5F});
  onnx::NodeProto& smaller = filtered.node("Resize", {"x", "", "halves"}, "y");
  set_attribute(smaller, "mode", std::string("linear"));
  set_attribute(smaller, "antialias", std::int64_t{1});
  CHECK(written_opset(filtered) == 18);
}

TEST_CASE("bounds and padding of integers are written as the numbers that the data are") {
  OnnxBuilder model({1, 6});
  model.cast("x", "i", onnx::TensorProto::INT64);
  model.raw_constant("low", onnx::TensorProto::INT64, {}, std::string(8, '\0'));
  model.raw_constant("high", onnx::TensorProto::INT64, {}, std::string("\2\0\0\0\0\0\0\0", 8));
  model.node("Clip", {"i", "low", "high"}, "c");
  model.constant("pads", Ints{0, 1, 0, 0}).node("Pad", {"c", "pads", "high"}, "p");
  model.constant("table", {3, 2}, random_values(6, 5)).node("Gather", {"table", "p"}, "y");
  const Network network = model.output_rank(3).import();
  check_survives(network);
  const onnx::ModelProto written = parsed(to_onnx(network));
  std::map<std::string, int> types;
  for (const onnx::TensorProto& constant : written.graph().initializer())
    types[constant.name()] = constant.data_type();
  int checked = 0;
  for (const onnx::NodeProto& node : written.graph().node()) {
    const bool is_clip = node.op_type() == "Clip";
    if (!is_clip && node.op_type() != "Pad") continue;
    for (int i = is_clip ? 1 : 2; i < node.input_size(); ++i) {
      CHECK(types.at(node.input(i)) == onnx::TensorProto::FLOAT);
      ++checked;
    }
  }
  CHECK(checked == 3);
}

TEST_CASE("what no operator set that is written can say is refused by name") {
  constexpr std::int64_t kNewest = 22;
  const auto refusal = [](const OnnxBuilder& model) {
    try {
      to_onnx(model.import());
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("written");
  };
  OnnxBuilder line({1, 1, 4}, kNewest);
  line.constant("places", {1, 2, 1}, {-0.5F, 0.5F}).node("GridSample", {"x", "places"}, "y");
  CHECK_THAT(refusal(line), Catch::Contains("'GridSample': gives [1, 1, 2]; accepted: images"));
  for (const bool is_younger : {false, true}) {
    OnnxBuilder bits({1, 4}, kNewest);
    bits.cast("x", "a", onnx::TensorProto::INT64);
    bits.constant("b", Ints{3}).node("BitwiseAnd", {"a", "b"}, "c");
    bits.cast("c", "f", onnx::TensorProto::FLOAT);
    bits.constant("pads", Ints{0, 1, 0, 2});
    set_attribute(bits.node("Pad", {"f", "pads"}, "y"), "mode", std::string(is_younger ? "wrap" : "edge"));
    CHECK_THAT(refusal(bits), Catch::Contains("'BitwiseAnd'; accepted: operators of operator set 17"));
  }
}
