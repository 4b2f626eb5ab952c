// What files of other people can do to the importer: meanings that depend on the operator set, idioms that
// are none, extents that contradict each other, graphs as long as a file allows.
#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>

#include "quant/eval/evaluator.h"
#include "quant/method/layers/host_placement.h"
#include "tests/quant/onnx/onnx_builder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;

/// BatchNormalization of two channels, with as many outputs.
OnnxBuilder norm_model(std::int64_t opset, int outputs) {
  OnnxBuilder model({1, 2, 1, 1}, opset);
  model.constant("one", {2}, {1, 1}).constant("zero", {2}, {0, 0});
  auto& norm = model.node("BatchNormalization", {"x", "one", "zero", "zero", "one"}, "y");
  for (int i = 1; i < outputs; ++i) norm.add_output("statistic" + std::to_string(i));
  return model;
}

/// transform_input over `channels` of the image "x" of three channels.
OnnxBuilder transform_model(const Ints& channels, bool index_is_list = false,
                            std::int64_t image_channels = 3) {
  OnnxBuilder model({1, image_channels, 2, 2});
  model.constant("axis", Ints{1});
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::string n = std::to_string(i);
    model.constant("c" + n, Ints{channels[i]}).constant("s" + n, {}, {static_cast<float>(i + 2)});
    if (!index_is_list) model.graph().mutable_initializer(model.graph().initializer_size() - 2)->clear_dims();
    set_integer(model.node("Gather", {"x", "c" + n}, "g" + n), "axis", 1);
    model.node("Unsqueeze", {"g" + n, "axis"}, "u" + n);
    model.node("Mul", {"u" + n, "s" + n}, "m" + n);
    parts.push_back("m" + n);
  }
  onnx::NodeProto& concat = model.node("Concat", parts, "y");
  set_integer(concat, "axis", 1);
  concat.set_name("join");
  return model.output_rank(index_is_list ? 5 : 4);
}

}  // namespace

TEST_CASE("BatchNormalization with the outputs of training is refused in every operator set") {
  for (std::int64_t opset = 7; opset <= 17; ++opset) {
    CAPTURE(opset);
    CHECK(norm_model(opset, 1).refusal() == "accepted");
    const int all = opset < 14 ? 5 : 3;
    CHECK_THAT(norm_model(opset, all).refusal(),
               Contains("node 'node1' (BatchNormalization): has " + std::to_string(all) + " outputs"));
    OnnxBuilder unnamed = norm_model(opset, all);
    for (int i = 1; i < all; ++i) unnamed.graph().mutable_node(0)->set_output(i, "");
    CHECK(unnamed.refusal() == "accepted");
  }
}

TEST_CASE("BatchNormalization of single elements is refused where the standard still has it") {
  OnnxBuilder model = norm_model(8, 1);
  set_integer(*model.graph().mutable_node(0), "spatial", 0);
  CHECK_THAT(model.refusal(), Contains("node 'node1' (BatchNormalization): spatial is 0; accepted: 1"));
}

TEST_CASE("operator sets beyond the change log that was read are refused, and two of them") {
  OnnxBuilder model({1, 2}, 28);
  model.node("Relu", {"x"}, "y");
  CHECK_THAT(model.refusal(), Contains("operator set version is 28, newer than known; accepted: 7 to 27"));
  model.model().mutable_opset_import(0)->set_version((std::int64_t{1} << 32) + 13);
  CHECK_THAT(model.refusal(), Contains("operator set version is 4294967309"));
  model.model().mutable_opset_import(0)->set_version(13);
  onnx::OperatorSetIdProto& second = *model.model().add_opset_import();
  second.set_domain("ai.onnx");
  second.set_version(9);
  CHECK_THAT(model.refusal(), Contains("operator set versions are 13 and 9; accepted: one"));
}

TEST_CASE("a function of the file's own does not take the place of ONNX's operator") {
  OnnxBuilder model({1, 2});
  model.node("Relu", {"x"}, "y");
  model.model().add_functions()->set_name("Relu");
  CHECK_THAT(model.refusal(), Contains("defines 'Relu' itself"));
}

TEST_CASE("what operator set 18 has taken out of an operator is refused there") {
  OnnxBuilder reduce({1, 4}, 18);
  set_attribute(reduce.node("ReduceMean", {"x"}, "y"), "axes", Ints{1});
  CHECK_THAT(reduce.refusal(),
             Contains("node 'node1' (ReduceMean): attribute 'axes' is none since operator set 18"));
  OnnxBuilder split({1, 4}, 18);
  split.node("Split", {"x"}, "y").add_output("z");
  CHECK_THAT(split.refusal(), Contains("node 'node1' (Split): has no parts"));
}

TEST_CASE("a file's channels are a transform of the image only where they are all of its channels in order") {
  const Floats image = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const Floats scaled = {2, 4, 6, 8, 15, 18, 21, 24, 36, 40, 44, 48};
  const Network all = transform_model({0, 1, 2}).import();
  REQUIRE(all.nodes.size() == 1);
  CHECK(all.nodes[0].name == "join");
  CHECK(Evaluator(all).run(image) == scaled);
  CHECK(transform_model({0, -2, 2}).import().nodes.size() == 1);
  CHECK(transform_model({0, -2, 2}).run(image) == scaled);

  // Fewer channels than the image has, and an index whose dimension stays: no transform, yet right.
  CHECK(transform_model({0, 1}).run(image) == Floats{2, 4, 6, 8, 15, 18, 21, 24});
  CHECK(transform_model({0, 1, 2}, true).run(image) == scaled);
  CHECK(transform_model({0, 1}, false, 2).run({1, 2, 3, 4, 5, 6, 7, 8}) ==
        Floats{2, 4, 6, 8, 15, 18, 21, 24});
}

TEST_CASE("a transform of an image that a view made, or of another rank, scales every channel") {
  const Floats image = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const Floats scaled = {2, 4, 6, 8, 15, 18, 21, 24, 36, 40, 44, 48};
  for (const Ints& input :
       {Ints{1, 3, 4}, Ints{1, 3, 2, 1, 2}, Ints{1, 12}, Ints{1, 1, 12}, Ints{1, 12, 1, 1}}) {
    const bool is_view = input[1] != 3;
    const Ints extents = is_view ? Ints{1, 3, 2, 2} : input;
    OnnxBuilder model = transform_model({0, 1, 2});
    model.output_rank(static_cast<int>(extents.size()));
    auto& type = *model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
    type.clear_dim();
    for (const std::int64_t extent : input) type.add_dim()->set_dim_value(extent);
    if (is_view) {
      model.constant("extents", extents).node("Reshape", {"x", "extents"}, "image");
      for (onnx::NodeProto& node : *model.graph().mutable_node())
        if (node.op_type() == "Gather") node.set_input(0, "image");
      auto& nodes = *model.graph().mutable_node();
      std::rotate(nodes.begin(), nodes.end() - 1, nodes.end());
    }
    CAPTURE(input);
    const Network network = model.import();
    CHECK(Evaluator(network).run(image) == scaled);
    CHECK(Evaluator(lower_network(network)).run(image) == scaled);
  }
}

TEST_CASE("a transform of what folds to a constant is no layer") {
  OnnxBuilder model = transform_model({0, 1}, false, 3);
  model.output_rank(4).constant("extents", Ints{1, 2, 2});
  for (onnx::NodeProto& node : *model.graph().mutable_node()) {
    if (node.op_type() == "Gather") node.set_input(0, "image");
    if (node.op_type() == "Concat") node.set_output(0, "scaled");
  }
  model.node("Shape", {"x"}, "shape");
  model.cast("shape", "float", onnx::TensorProto::FLOAT);
  model.node("Reshape", {"float", "extents"}, "image");
  auto& nodes = *model.graph().mutable_node();
  std::rotate(nodes.begin(), nodes.end() - 3, nodes.end());
  model.node("Add", {"x", "scaled"}, "y");
  CHECK(model.refusal() == "accepted");
  CHECK(model.run(Floats(12)) == Floats{2, 6, 6, 6, 2, 6, 6, 6, 2, 6, 6, 6});
}

TEST_CASE("a constant joins the product before it only where nobody else reads that") {
  // By another name: a view of the product.
  for (const char* view : {"Identity", "Dropout"}) {
    OnnxBuilder model({1, 2});
    model.constant("w", {2, 2}, {1, 0, 0, 1}).constant("b", {2}, {10, 20});
    model.node("MatMul", {"x", "w"}, "product");
    model.node(view, {"product"}, "view");
    model.node("Add", {"view", "b"}, "sum");
    model.node("Neg", {"product"}, "negative");
    model.node("Mul", {"sum", "negative"}, "y");
    CHECK(model.run({3, 4}) == Floats{-39, -96});
  }
}

TEST_CASE("two layers that read one image under other extents have names of their own") {
  OnnxBuilder model({1, 16});
  model.constant("shape", Ints{1, 1, 4, 4});
  model.node("Reshape", {"x", "shape"}, "image");
  model.node("GlobalMaxPool", {"image"}, "most");
  model.node("GlobalAveragePool", {"image"}, "mean");
  model.node("Add", {"most", "mean"}, "image (image)");
  model.node("Add", {"image (image)", "most"}, "y");
  model.output_rank(4);
  Floats image(16, 1);
  image[5] = 17;
  const Network network = model.import();
  std::set<std::string> names;
  for (const Node& node : network.nodes) names.insert(node.name);
  CHECK(names.size() == network.nodes.size());
  CHECK(Evaluator(network).run(image) == Floats{17 + 2 + 17});
}

TEST_CASE("Resize by scales gives the extents of ONNX's shape inference") {
  for (int percent = 5; percent <= 400; percent += 5) {
    for (std::int64_t extent = 1; extent <= 40; extent += 3) {
      const float scale = static_cast<float>(percent) / 100;
      const auto expected = static_cast<std::int64_t>(std::floor(static_cast<float>(extent) * scale));
      if (expected < 1 || (expected == extent && percent != 100)) continue;
      OnnxBuilder model({1, 1, extent, 1});
      model.constant("scales", {4}, {1, 1, scale, 1});
      model.node("Resize", {"x", "", "scales"}, "small");
      model.constant("w", {1, 1, 1, 1}, {1}).node("Conv", {"small", "w"}, "y");
      const Network network = model.import();
      CAPTURE(extent, scale);
      CHECK(network.shape(network.output).height == expected);
      CHECK(Evaluator(network).run(Floats(extent, 1)) == Floats(expected, 1));
    }
  }
}

TEST_CASE("resizing that the standard and its users read differently is refused") {
  const auto refusal = [](std::int64_t opset, float scale, const char* coordinates) {
    OnnxBuilder model({1, 1, 4, 1}, opset);
    model.constant("scales", {4}, {1, 1, scale, 1});
    onnx::NodeProto& node = opset < 11 ? model.node("Resize", {"x", "scales"}, "y")
                                       : model.node("Resize", {"x", "", "scales"}, "y");
    if (opset >= 11) set_attribute(node, "coordinate_transformation_mode", coordinates);
    return model.refusal();
  };
  CHECK_THAT(refusal(10, 0.6F, ""), Contains("node 'node1' (Resize): the nearest elements"));
  CHECK(refusal(10, 1.5F, "") == "accepted");
  CHECK(refusal(13, 0.6F, "asymmetric") == "accepted");
  CHECK_THAT(refusal(13, 1.1F, "asymmetric"), Contains("node 'node1' (Resize): an extent of 4 times 1.1"));
  CHECK_THAT(refusal(13, 0.6F, "align_corners"),
             Contains("node 'node1' (Resize): align_corners of an extent"));
}

TEST_CASE("Resize by sizes never asks whether a scale is whole") {
  for (std::int64_t from = 1; from <= 40; ++from) {
    for (std::int64_t to = 1; to <= 40; ++to) {
      const bool crops = (from + to) % 2 == 0;
      OnnxBuilder model({1, 1, from, 1});
      model.constant("roi", {8}, {0, 0, 0, 0, 1, 1, 1, 1}).constant("sizes", Ints{1, 1, to, 1});
      onnx::NodeProto& node = model.node("Resize", {"x", crops ? "roi" : "", "", "sizes"}, "y");
      set_attribute(node, "mode", std::string("linear"));
      set_attribute(node, "coordinate_transformation_mode",
                    std::string(crops ? "tf_crop_and_resize" : "align_corners"));
      CAPTURE(from, to, crops);
      REQUIRE(model.refusal() == "accepted");
      Floats ramp(from);
      for (std::int64_t i = 0; i < from; ++i) ramp[i] = static_cast<float>(i);
      const Floats found = model.run(ramp);
      REQUIRE(found.size() == static_cast<std::size_t>(to));
      const float only = crops ? static_cast<float>(from - 1) / 2 : 0;
      for (std::int64_t i = 0; i < to; ++i)
        CHECK(found[i] ==
              Approx(to == 1 ? only : static_cast<float>(i * (from - 1)) / static_cast<float>(to - 1))
                  .margin(1e-4));
    }
  }
}

TEST_CASE("data in two fields is refused, before the official library reads it") {
  OnnxBuilder model({1});
  model.constant("a", {}, {1}).constant("b", {}, {3}).constant("c", {}, {0.5F});
  model.graph().mutable_initializer(0)->set_raw_data("");
  model.node("Range", {"a", "b", "c"}, "range");
  model.node("Add", {"x", "range"}, "y");
  CHECK_THAT(model.refusal(),
             Contains("constant 'a': 4 bytes of data; its shape [] asks for 4, in one field"));
}

TEST_CASE("extents that the file declares are held against every node") {
  const auto declared = [](const Ints& dims) {
    OnnxBuilder model({-1, 4});
    model.node("Sigmoid", {"x"}, "inner").set_name("gate");
    model.node("Exp", {"inner"}, "y");
    onnx::ValueInfoProto& value = *model.graph().add_value_info();
    value.set_name("inner");
    onnx::TypeProto_Tensor& type = *value.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : dims) {
      onnx::TensorShapeProto_Dimension& added = *type.mutable_shape()->add_dim();
      if (dim >= 0) added.set_dim_value(dim);
    }
    return model.refusal();
  };
  CHECK(declared({1, 4}) == "accepted");
  CHECK(declared({-1, 4}) == "accepted");
  CHECK_THAT(declared({-1, 5}),
             Contains("node 'gate' (Sigmoid): output 'inner' is [1, 4]; the file declares [-1, 5]"));
  CHECK_THAT(declared({4}), Contains("node 'gate' (Sigmoid)"));
}

TEST_CASE("the node that is wrong is named, with or without a name of its own") {
  OnnxBuilder model({1, 4});
  onnx::NodeProto& relu = model.node("Relu", {"x"}, "y");
  set_attribute(relu, "slope", 1.0F);
  relu.clear_name();
  CHECK_THAT(model.refusal(), Contains("node 'y' (Relu): Unrecognized attribute: slope"));
}

TEST_CASE("a node without a name is named by the first of its results that has one") {
  OnnxBuilder model({3, 1, 4});
  model.constant("r", {1, 8, 2}, Floats(16, 1));
  onnx::NodeProto& lstm = model.node("LSTM", {"x", "x", "r"}, "");
  lstm.clear_name();
  lstm.add_output("y");
  set_integer(lstm, "hidden_size", 2);
  CHECK_THAT(model.refusal(), Contains("node 'y' (LSTM): "));
}

TEST_CASE("whole numbers are told with all their digits") {
  OnnxBuilder model({1, 1});
  model.constant("a", Ints{1 << 16}).constant("b", Ints{(1 << 13) + 1});
  model.node("Mul", {"a", "b"}, "product");
  model.cast("product", "float", onnx::TensorProto::FLOAT);
  model.node("Add", {"x", "float"}, "y");
  CHECK_THAT(model.refusal(),
             Contains("output 'product' is 536936448; accepted: integers below 16777216 that "
                      "fit INT64"));
  OnnxBuilder cast({1, 1});
  cast.constant("a", {1}, {0x1p31F});
  cast.cast("a", "whole", onnx::TensorProto::INT32);
  cast.cast("whole", "float", onnx::TensorProto::FLOAT);
  cast.node("Add", {"x", "float"}, "y");
  CHECK_THAT(cast.refusal(), Contains("casts 2147483648 to INT32; accepted: what fits"));
}

TEST_CASE("data that does not fill its shape is refused") {
  for (const std::size_t bytes : {15, 17, 19, 20}) {
    OnnxBuilder model({1, 4});
    model.constant("b", {4}, {});
    model.graph().mutable_initializer(0)->set_raw_data(std::string(bytes, 'x'));
    model.node("Add", {"x", "b"}, "y");
    CHECK_THAT(model.refusal(), Contains("constant 'b': " + std::to_string(bytes) +
                                         " bytes of data; its shape [4] asks for 16"));
  }
  OnnxBuilder vast({1, 4});
  constexpr std::int64_t kVast = std::numeric_limits<std::int64_t>::max();
  vast.constant("b", {kVast, kVast}, {});
  vast.graph().mutable_initializer(0)->set_raw_data("xxxx");
  vast.node("Add", {"x", "b"}, "y");
  CHECK(vast.refusal() != "accepted");
}

TEST_CASE("a small file asks for little: what grows out of its constants is bounded") {
  // Filled, repeated and multiplied constants; each would take gigabytes or hours.
  OnnxBuilder product({1, 1});
  product.constant("shape", Ints{4096, 4096});
  product.node("ConstantOfShape", {"shape"}, "a");
  product.node("MatMul", {"a", "a"}, "b");
  product.node("Add", {"x", "b"}, "y");
  CHECK_THAT(product.refusal(), Contains("node 'node2' (MatMul): folding constants takes"));

  OnnxBuilder copies({1, 1});
  copies.constant("shape", Ints{1 << 20});
  copies.node("ConstantOfShape", {"shape"}, "0");
  for (int i = 0; i < 260; ++i) copies.node("Identity", {std::to_string(i)}, std::to_string(i + 1));
  copies.node("Add", {"x", "260"}, "y");
  CHECK_THAT(copies.refusal(), Contains("constants derived from the file's grow to"));

  // Refused ahead of the zeros between its weights.
  OnnxBuilder spread({1, 1, 2, 2});
  spread.constant("w", {1, 1, 3, 3}, Floats(9, 1));
  onnx::NodeProto& conv = spread.node("Conv", {"x", "w"}, "y");
  set_attribute(conv, "dilations", Ints{16381, 16381});
  set_attribute(conv, "pads", Ints{16381, 16381, 16381, 16381});
  CHECK_THAT(spread.refusal(), Contains("constants derived from the file's grow to"));

  // The extents of a large product are known without computing it.
  OnnxBuilder large({1, 8, 4096, 4096});
  large.node("Softmax", {"x"}, "a");
  large.node("MatMul", {"a", "a"}, "b");
  set_integer(large.node("LRN", {"b"}, "y"), "size", 32767);
  CHECK(large.refusal() == "accepted");
}

TEST_CASE("a chain of many thousand nodes is imported and placed") {
  constexpr int kLength = 60'000;
  for (const char* op : {"Relu", "Sigmoid"}) {
    OnnxBuilder model({1, 4});
    for (int i = 0; i < kLength; ++i) {
      onnx::NodeProto& node = model.node(op, {i == 0 ? "x" : "t" + std::to_string(i - 1)},
                                         i + 1 == kLength ? "y" : "t" + std::to_string(i));
      node.set_name("same");
    }
    model.graph().mutable_node(kLength - 1)->set_op_type("Softmax");
    const Network network = lower_network(model.import());
    CHECK(network.nodes.size() == 1);
    // Bounds that follow each other are one.
    CHECK(network.nodes[0].host.steps.size() >= (op == std::string("Relu") ? 2 : kLength));
  }
}
