// What the importer refuses, and how it says so: file, node, what was found, what is accepted.
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <random>

#include "quant/eval/evaluator.h"
#include "quant/onnx/import.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/random/random_graph.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;
using Catch::EndsWith;

namespace {

using Ints = std::vector<std::int64_t>;

OnnxBuilder relu_model(const Ints& dims, std::int64_t opset = 13) {
  OnnxBuilder model(dims, opset);
  model.node("Relu", {"x"}, "y");
  return model;
}

OnnxBuilder conv_model(const std::vector<float>& weights) {
  OnnxBuilder model({1, 1, 2, 2});
  model.constant("w", {1, 1, 2, 2}, weights);
  model.node("Conv", {"x", "w"}, "y");
  return model;
}

OnnxBuilder pool_model(const char* op, const Ints& kernel, const Ints& pads) {
  OnnxBuilder model({1, 1, 5, 5});
  auto& pool = model.node(op, {"x"}, "y");
  set_attribute(pool, "kernel_shape", kernel);
  set_attribute(pool, "pads", pads);
  return model;
}

/// One thing of a graph otherwise: what a node reads, a number of its attributes, or a constant.
void damage(onnx::GraphProto& graph, std::mt19937& random) {
  const auto below = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
  const int at = below(graph.node_size());
  onnx::NodeProto& node = *graph.mutable_node(at);
  const int way = below(4);
  if (way == 0 && node.input_size() != 0 && at != 0) {
    node.set_input(below(node.input_size()), graph.node(below(at)).output(0));
  } else if (way == 1 && node.attribute_size() != 0) {
    onnx::AttributeProto& attribute = *node.mutable_attribute(below(node.attribute_size()));
    if (attribute.type() == onnx::AttributeProto::INT) attribute.set_i(below(16) - 4);
    if (attribute.ints_size() != 0) attribute.set_ints(below(attribute.ints_size()), below(12) - 4);
    if (attribute.has_g() && attribute.g().node_size() != 0) damage(*attribute.mutable_g(), random);
  } else if (graph.initializer_size() != 0) {
    onnx::TensorProto& tensor = *graph.mutable_initializer(below(graph.initializer_size()));
    for (std::int64_t& value : *tensor.mutable_int64_data()) value += below(8) - 4;
    if (tensor.float_data_size() != 0) tensor.set_float_data(0, way == 2 ? std::nanf("") : 1e30F);
  }
}

/// Why a file cannot be imported or computed; empty: it can.
std::string problem_of(const std::string& bytes, const std::vector<float>& image) {
  try {
    Evaluator(import_bytes(bytes)).run(image);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("an activation has one scale, not one per channel") {
  OnnxBuilder model({1, 3, 2, 2});
  model.constant("s", {3}, {1, 2, 3}).raw_constant("z", onnx::TensorProto::UINT8, {3}, std::string(3, '\0'));
  set_integer(model.node("QuantizeLinear", {"x", "s", "z"}, "q"), "axis", 1);
  set_integer(model.node("DequantizeLinear", {"q", "s", "z"}, "y"), "axis", 1);
  const std::string refusal = model.refusal();
  CHECK_THAT(refusal, Contains("input 's': 3 values; accepted: 1"));
  CHECK_THAT(refusal, !Contains("per channel"));
}

TEST_CASE("what is wrong with a random graph is said of a node that it has") {
  std::mt19937 random(1);
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const RandomModel drawn = make_random_graph(seed);
    onnx::ModelProto model;
    model.ParseFromString(drawn.onnx);
    for (int i = 0; i < 2; ++i) damage(*model.mutable_graph(), random);
    const std::string problem = problem_of(model.SerializeAsString(), drawn.images.front());
    refused += problem.empty() ? 0 : 1;
    CAPTURE(seed, problem);
    CHECK(strange_node(model.graph(), problem).empty());
    const bool is_of_layer = problem.rfind("layer '", 0) == 0;
    CHECK((!is_of_layer || problem.find("': node '") != std::string::npos));
  }
  CHECK(refused > 100);
}

TEST_CASE("files that are no ONNX models are refused") {
  CHECK_THROWS_WITH(import_onnx("no/such/file.onnx"), Contains("no/such/file.onnx: cannot be opened"));
  CHECK_THROWS_WITH(import_onnx("/"), Contains("cannot be opened"));
  CHECK_THAT(refusal_of_bytes(""), Contains("truncated or not an ONNX file"));
  CHECK_THAT(refusal_of_bytes("this is plain text, nothing else"), Contains("truncated or not an ONNX file"));
  const std::string bytes = conv_model({1, 2, 3, 4}).model().SerializeAsString();
  CHECK(refusal_of_bytes(bytes) == "accepted");
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    CAPTURE(size);
    CHECK(refusal_of_bytes(bytes.substr(0, size)) != "accepted");
  }
}

TEST_CASE("unsupported operators are refused by name, with what is ahead of them") {
  OnnxBuilder model({1, 4});
  model.node("Relu", {"x"}, "h");
  model.constant("c", {1}, {1}).node("TfIdfVectorizer", {"c", "h"}, "y");
  CHECK_THAT(model.refusal(),
             EndsWith("node 'node2' (TfIdfVectorizer): unsupported operator; accepted: those of "
                      "docs/onnx.md, or results ahead of it: --set network.outputs=h"));
  OnnxBuilder first({1, 4});
  first.node("TfIdfVectorizer", {"x"}, "y");
  CHECK_THAT(first.refusal(), EndsWith("unsupported operator; accepted: those of docs/onnx.md"));
  OnnxBuilder foreign({1, 4});
  foreign.node("Relu", {"x"}, "y").set_domain("com.example");
  CHECK_THAT(foreign.refusal(), Contains("unsupported operator of domain com.example"));
  OnnxBuilder boxes({1, 2});
  boxes.node("Unique", {"x"}, "y");
  CHECK_THAT(boxes.refusal(),
             Contains("(Unique): unsupported operator; accepted: results ahead of it, as the image "
                      "decides how many it gives: --set network.outputs=x"));
}

TEST_CASE("a tensor from nowhere is refused, and the official library's verdict on a node is passed on") {
  OnnxBuilder model({1, 4});
  model.node("Relu", {"nowhere"}, "y");
  CHECK_THAT(model.refusal(), Contains("node 'node1' (Relu): input 'nowhere' is not known"));
  OnnxBuilder attribute({1, 4});
  set_attribute(attribute.node("Relu", {"x"}, "y"), "slope", 1.0F);
  CHECK_THAT(attribute.refusal(), Contains("slope"));
}

TEST_CASE("shape inference's verdict is passed on") {
  OnnxBuilder model({1, 4});
  model.constant("w", {3, 2}, {1, 2, 3, 4, 5, 6});
  model.node("MatMul", {"x", "w"}, "y");
  CHECK_THAT(model.refusal(), Contains("shape inference"));
}

TEST_CASE("operator sets before 7 are refused") {
  CHECK_THAT(relu_model({1, 4}, 6).refusal(), Contains("operator set version is 6; accepted: 7 to 27"));
  OnnxBuilder other({1, 4});
  other.node("Relu", {"x"}, "y");
  other.model().mutable_opset_import(0)->set_domain("ai.onnx.ml");
  CHECK_THAT(other.refusal(), Contains("says no operator set of ONNX's own domain; accepted: 7 to 27"));
}

TEST_CASE("inputs that are no float tensor of known extents are refused") {
  CHECK_THAT(
      relu_model({-1, 1, -1, 4}).refusal(),
      Contains("input 'x': dimension 2 is symbolic ('n'); accepted: a number, in the file or in an input "
               "shape (network.input_shape)"));
  CHECK_THAT(relu_model({1, 0, 4, 4}).refusal(), Contains("dimension 1 is 0"));
  OnnxBuilder two({1, 4});
  *two.graph().add_input() = two.graph().input(0);
  two.graph().mutable_input(1)->set_name("second");
  two.node("Add", {"x", "second"}, "y");
  CHECK_THAT(two.refusal(),
             Contains("has inputs [x, second]; accepted: one that is the image, and values for "
                      "all others (network.fixed_inputs)"));
  OnnxBuilder text = relu_model({1, 4}, 14);
  text.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::STRING);
  CHECK_THAT(text.refusal(), Contains("input 'x': element type is STRING; accepted: FLOAT"));
}

TEST_CASE("an input shape that contradicts the file is refused") {
  OnnxBuilder model = relu_model({-1, 3, 4, -1});
  CHECK(model.refusal({1, 3, 4, 5}) == "accepted");
  CHECK_THAT(model.refusal({1, 2, 4, 5}),
             Contains("input 'x': dimension 1 is 3, but an input shape of [1, 2, 4, 5] is asked for"));
  CHECK_THAT(model.refusal({1, 3, 4}), Contains("input 'x': 4 dimensions, but an input shape of [1, 3, 4]"));
}

TEST_CASE("a batch that is asked for is refused where the accelerator takes one image") {
  OnnxBuilder model({2, 1, 2, 2});
  model.constant("w", {1, 1, 1, 1}, {1});
  model.node("Conv", {"x", "w"}, "y");
  CHECK_THAT(model.refusal({2, 1, 2, 2}), Contains("node 'node1' (Conv): batch is 2; accepted: 1"));
}

TEST_CASE("weights that are not finite constants are refused") {
  CHECK_THAT(conv_model({1, std::nanf(""), 3, 4}).refusal(),
             Contains("node 'node1' (Conv): input 'w': element 1 is nan; accepted: finite values"));
  CHECK_THAT(conv_model({1, 2, std::numeric_limits<float>::infinity(), 4}).refusal(),
             Contains("element 2 is inf"));

  OnnxBuilder shorter = conv_model({1, 2, 3, 4});
  shorter.graph().mutable_initializer(0)->clear_float_data();
  shorter.graph().mutable_initializer(0)->set_raw_data("12345678");
  CHECK_THAT(shorter.refusal(),
             Contains("constant 'w': 8 bytes of data; its shape [1, 1, 2, 2] asks for 16"));

  OnnxBuilder computed({1, 2});
  computed.node("Relu", {"x"}, "w");
  computed.node("Gemm", {"x", "w"}, "y");
  CHECK_THAT(computed.refusal(), !Catch::Equals("accepted"));
}

TEST_CASE("convolutions whose channels do not fit are refused") {
  OnnxBuilder model({1, 3, 2, 2});
  model.constant("w", {1, 2, 1, 1}, {1, 2});
  model.node("Conv", {"x", "w"}, "y");
  CHECK_THAT(model.refusal(),
             Contains("node 'node1' (Conv): weights are [1, 2, 1, 1] in 1 groups over 3 input channels"));
}

TEST_CASE("convolutions that are not two-dimensional are refused") {
  OnnxBuilder model({1, 4});
  model.constant("w", {1, 1, 1}, {1});
  model.node("Conv", {"x", "w"}, "y");
  CHECK_THAT(model.refusal(), Contains("node 'node1' (Conv): weights of 3 dimensions for an input of 2"));
  OnnxBuilder computed({1, 1, 2, 2});
  computed.node("Relu", {"x"}, "w");
  computed.node("Conv", {"x", "w"}, "y");
  CHECK_THAT(computed.refusal(),
             Contains("node 'node2' (Conv): input 'w' is computed; accepted: a constant"));
}

TEST_CASE("weights of another rank are refused for integers, too") {
  const auto with_integers = [](const char* type, const std::vector<std::string>& inputs) {
    OnnxBuilder model({1, 4, 3});
    model.constant("s", {}, {0.5F}).raw_constant("z", onnx::TensorProto::INT8, {}, std::string(1, '\0'));
    model.raw_constant("w", onnx::TensorProto::INT8, {2, 4, 1, 1}, std::string(8, '\1'));
    model.node("QuantizeLinear", {"x", "s", "z"}, "q");
    model.node(type, inputs, "y");
    return model.refusal();
  };
  CHECK_THAT(with_integers("QLinearConv", {"q", "s", "z", "w", "s", "z", "s", "z"}),
             Contains("(QLinearConv): weights of 4 dimensions for an input of 3"));
  CHECK_THAT(with_integers("ConvInteger", {"q", "w", "z", "z"}),
             Contains("(ConvInteger): weights of 4 dimensions for an input of 3"));
}

TEST_CASE("operands whose extents do not fit are refused") {
  OnnxBuilder scale({1, 2, 4}, 17);
  scale.constant("s", {3}, {1, 2, 3});
  scale.node("LayerNormalization", {"x", "s"}, "y");
  CHECK_THAT(scale.refusal(), Contains("[3] and [1, 2, 4] cannot be broadcast together"));

  OnnxBuilder bias({1, 1, 2, 2});
  bias.constant("w", {1, 2, 1, 1}, {1, 2}).constant("b", {1}, {3});
  bias.node("ConvTranspose", {"x", "w", "b"}, "y");
  CHECK_THAT(bias.refusal(), Contains("a bias of [1]; accepted: 2 values"));

  OnnxBuilder spare({2, 2});
  spare.constant("w", {2, 2}, {1, 2, 3, 4}).constant("c", {2, 1, 1}, {5, 6});
  spare.node("Gemm", {"x", "w", "c"}, "y");
  CHECK(spare.refusal() != "accepted");
}

TEST_CASE("views of negative extents and of an axis twice are refused") {
  // Computed, so that shape inference does not see them.
  OnnxBuilder view({1, 6});
  view.constant("a", Ints{-2}).constant("b", Ints{-3});
  set_attribute(view.node("Concat", {"a", "b"}, "shape"), "axis", std::int64_t{0});
  view.node("Reshape", {"x", "shape"}, "y");
  CHECK(view.refusal() != "accepted");

  OnnxBuilder twice({2, 3});
  twice.constant("a", Ints{0});
  set_attribute(twice.node("Concat", {"a", "a"}, "axes"), "axis", std::int64_t{0});
  twice.output_rank(4).node("Unsqueeze", {"x", "axes"}, "y");
  CHECK(twice.refusal() != "accepted");
}

TEST_CASE("windows without extent or movement are refused") {
  OnnxBuilder model = conv_model({1, 2, 3, 4});
  set_attribute(*model.graph().mutable_node(0), "strides", Ints{1, 0});
  CHECK_THAT(model.refusal(), Contains("node 'node1' (Conv): strides is [1, 0]; accepted: at least 1"));

  OnnxBuilder blocks({1, 4, 2, 2});
  set_attribute(blocks.node("DepthToSpace", {"x"}, "y"), "blocksize", std::int64_t{1} << 32);
  CHECK_THAT(blocks.refusal(), Contains("blocksize is 4294967296; accepted: 1 to 32767"));

  OnnxBuilder transposed({1, 1, 2, 2});
  transposed.constant("w", {1, 1, 1, 1, 1, 1}, {1});
  transposed.node("ConvTranspose", {"x", "w"}, "y");
  CHECK(transposed.refusal() != "accepted");
  OnnxBuilder flat({1, 1, 2, 2});
  flat.constant("w", {1}, {1});
  set_attribute(flat.node("ConvTranspose", {"x", "w"}, "y"), "kernel_shape", Ints{1, 1});
  CHECK_THAT(flat.refusal(), Contains("weights of 1 dimensions for an input of 4"));
}

TEST_CASE("an axis outside of the input is refused before further outputs have extents by it") {
  OnnxBuilder model({1, 2, 4}, 17);
  model.constant("s", {4}, {1, 2, 3, 4}).constant("b", {4}, {0, 0, 0, 0});
  onnx::NodeProto& node = model.node("LayerNormalization", {"x", "s", "b"}, "y");
  node.add_output("mean");
  set_attribute(node, "axis", std::int64_t{-4});
  CHECK_THAT(model.refusal(), Contains("node 'node1' (LayerNormalization): axis -4 of 3 dimensions"));
}

TEST_CASE("a shape that would be thousands of dimensions is refused") {
  constexpr std::int64_t kMany = 1 << 16;
  OnnxBuilder expand({kMany});
  expand.constant("one", {1}, {1});
  expand.node("Expand", {"one", "x"}, "y");
  CHECK_THAT(expand.refusal(), Contains("(Expand): a shape of 65536 dimensions; accepted: up to 1024"));
  OnnxBuilder fill({kMany});
  fill.node("ConstantOfShape", {"x"}, "y");
  CHECK_THAT(fill.refusal(), Contains("(ConstantOfShape): a shape of 65536 dimensions"));
}

TEST_CASE("poolings that the integer network cannot express are refused") {
  CHECK_THAT(pool_model("MaxPool", {2, 2}, {2, 0, 0, 0}).refusal(),
             Contains("a window lies in the padding altogether"));
  CHECK_THAT(pool_model("MaxPool", {6, 6}, {0, 0, 0, 0}).refusal(), !Catch::Equals("accepted"));
  CHECK_THAT(pool_model("MaxPool", {2, 2}, {-1, 0, 0, 0}).refusal(), Contains("pads is [-1, 0, 0, 0]"));
}

TEST_CASE("second outputs that are read are refused") {
  OnnxBuilder model = pool_model("MaxPool", {2, 2}, {0, 0, 0, 0});
  model.graph().mutable_node(0)->add_output("indices");
  CHECK(model.refusal() == "accepted");
  model.cast("indices", "real", onnx::TensorProto::FLOAT);
  model.graph().mutable_node(0)->set_output(0, "most");
  model.node("Add", {"most", "real"}, "y");
  CHECK_THAT(model.refusal(), Contains("node 'node1' (MaxPool): output 'indices' is used"));
}

TEST_CASE("settings of training and impossible bounds are refused") {
  OnnxBuilder norm({1, 1, 1, 1}, 14);
  norm.constant("c", {1}, {1});
  set_attribute(norm.node("BatchNormalization", {"x", "c", "c", "c", "c"}, "y"), "training_mode",
                std::int64_t{1});
  CHECK_THAT(norm.refusal(), !Catch::Equals("accepted"));

  OnnxBuilder variance({1, 1, 1, 1});
  variance.constant("c", {1}, {-1});
  variance.node("BatchNormalization", {"x", "c", "c", "c", "c"}, "y");
  CHECK_THAT(variance.refusal(), Contains("variance -1 of channel 0 plus epsilon; accepted: above 0"));

  OnnxBuilder clip({1, 2});
  clip.constant("low", {}, {std::nanf("")}).constant("high", {}, {2});
  clip.node("Clip", {"x", "low", "high"}, "y");
  CHECK_THAT(clip.refusal(), Contains("(Clip): bound 'low' is nan; accepted: one number"));
}

TEST_CASE("a model without layers is refused") {
  OnnxBuilder model({1, 2});
  model.node("Identity", {"x"}, "y");
  CHECK_THAT(model.refusal(), Contains("output 'y' is the input; accepted: what is computed from the input"));
}

TEST_CASE("operators of the host say what does not fit") {
  OnnxBuilder pads({1, 2, 3, 3});
  pads.constant("pads", Ints{1, 1});
  pads.node("Pad", {"x", "pads"}, "y");
  CHECK_THAT(pads.refusal(), !Catch::Equals("accepted"));
  OnnxBuilder computed({2});
  computed.node("Relu", {"x"}, "w");
  computed.node("Tile", {"x", "w"}, "y");
  CHECK_THAT(computed.refusal(), !Catch::Equals("accepted"));
  OnnxBuilder cast({1, 2});
  cast.cast("x", "w", onnx::TensorProto::STRING);
  cast.node("Relu", {"w"}, "y");
  CHECK_THAT(cast.refusal(), Contains("(Cast): casts to STRING; accepted: to FLOAT"));
}

TEST_CASE("local response normalization that divides by zero is refused") {
  OnnxBuilder none({1, 2, 3, 3});
  set_attribute(none.node("LRN", {"x"}, "y"), "size", std::int64_t{0});
  CHECK_THAT(none.refusal(), Contains("size is 0; accepted: 1 to 32767"));

  OnnxBuilder negative({1, 2, 3, 3});
  auto& lrn = negative.node("LRN", {"x"}, "y");
  set_attribute(lrn, "size", std::int64_t{3});
  set_attribute(lrn, "bias", 0.0F);
  CHECK_THAT(negative.refusal(), Contains("bias 0; accepted: bias above 0"));
}
