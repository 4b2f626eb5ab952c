// Models with several outputs.
#include <catch2/catch.hpp>

#include "quant/eval/evaluator.h"
#include "quant/eval/integer_evaluator.h"
#include "quant/ir/file/quantized_file.h"
#include "quant/ir/integer_values.h"
#include "quant/method/calibration.h"
#include "quant/method/quantizer.h"
#include "quant/onnx/export.h"
#include "quant/onnx/file/element_type.h"
#include "quant/onnx/import.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

const Floats kPicture = {1, -2, 3, 0.5F};

/// A convolution that is read and a result, what is made of it, and a row of it.
OnnxBuilder detector() {
  OnnxBuilder model({1, 1, 2, 2});
  model.constant("w", {1, 1, 1, 1}, {2}).constant("v", {2, 1, 1, 1}, {1, -1}).constant("flat", {1, 8});
  model.node("Conv", {"x", "w"}, "y");
  model.node("Conv", {"y", "v"}, "boxes");
  model.node("Relu", {"boxes"}, "positive");
  model.node("Reshape", {"positive", "flat"}, "scores");
  for (const char* name : {"boxes", "scores"}) {
    *model.graph().add_output() = model.graph().output(0);
    model.graph().mutable_output(model.graph().output_size() - 1)->set_name(name);
  }
  model.graph().mutable_output(2)->mutable_type()->mutable_tensor_type()->clear_shape();
  return model;
}

Network import_outputs(const OnnxBuilder& model, const Strings& outputs) {
  OnnxBuilder copy = model;
  const TemporaryFolder folder;
  return import_onnx(folder.write("model.onnx", copy.model().SerializeAsString()), {{}, outputs, {}});
}

Floats result(const Network& network, std::size_t output) {
  Evaluator evaluator(network);
  evaluator.run(kPicture);
  return evaluator.values(network.outputs[output].tensor);
}

/// A convolution between an input of the type and two outputs of it: one tensor where it is a real type, but
/// of other extents.
OnnxBuilder typed(ElementType type) {
  OnnxBuilder model({1, 1, 2, 2}, 21);
  const auto set_type = [&](onnx::ValueInfoProto& value) {
    value.mutable_type()->mutable_tensor_type()->set_elem_type(type);
  };
  const auto cast = [&](const char* from, ElementType to, const char* name) { model.cast(from, name, to); };
  set_type(*model.graph().mutable_input(0));
  model.constant("w", {1, 1, 1, 1}, {1}).constant("flat", {4});
  cast("x", onnx::TensorProto::FLOAT, "numbers");
  model.node("Conv", {"numbers", "w"}, "y");
  cast("y", type, "typed");
  model.node("Reshape", {"typed", "flat"}, "row");
  for (const char* name : {"typed", "row"}) {
    onnx::ValueInfoProto& output = *model.graph().add_output();
    output.set_name(name);
    set_type(output);
  }
  return model;
}

ElementType type_of(const onnx::ValueInfoProto& value) {
  return value.type().tensor_type().elem_type();
}

}  // namespace

TEST_CASE("all outputs of a model are computed, under their names and extents") {
  const Network network = detector().import();
  REQUIRE(network.outputs.size() == 3);
  CHECK(network.outputs[0].name == "y");
  CHECK(network.outputs[1].dims == Dims{1, 2, 2, 2});
  CHECK(network.outputs[2].dims == Dims{1, 8});
  CHECK(network.output == network.outputs[0].tensor);
  CHECK(result(network, 0) == Floats{2, -4, 6, 1});
  CHECK(result(network, 1) == Floats{2, -4, 6, 1, -2, 4, -6, -1});
  CHECK(result(network, 2) == Floats{2, 0, 6, 1, 0, 4, 0, 0});
}

TEST_CASE("outputs are chosen by name, the first is judged, and what only others need is left out") {
  const Network network = import_outputs(detector(), {"scores", "y"});
  REQUIRE(network.outputs.size() == 2);
  CHECK(network.output == network.outputs[0].tensor);
  CHECK(result(network, 0) == Floats{2, 0, 6, 1, 0, 4, 0, 0});
  CHECK(import_outputs(detector(), {"y"}).nodes.size() == 1);
  CHECK_THROWS_WITH(import_outputs(detector(), {"classes"}),
                    Contains("has no output 'classes'; accepted: y, boxes, scores"));
  CHECK_THROWS_WITH(import_outputs(detector(), {"y", "y"}), Contains("output 'y' is chosen twice"));
  CHECK(result(import_outputs(detector(), {"positive"}), 0) == Floats{2, 0, 6, 1, 0, 4, 0, 0});
  // What nobody wants may be of any operator.
  OnnxBuilder model = detector();
  model.graph().mutable_node(3)->set_op_type("Unique");
  CHECK(import_outputs(model, {"boxes"}).outputs.size() == 1);
}

TEST_CASE("a result that no image changes is refused") {
  OnnxBuilder model = detector();
  model.constant("prior", {1, 4}, {1, 2, 3, 4});
  model.graph().mutable_output(1)->set_name("prior");
  CHECK_THAT(
      model.refusal(),
      Contains("output 'prior' does not depend on the input; accepted: what is computed from the input"));
  CHECK(import_outputs(model, {"scores"}).outputs.size() == 1);
}

TEST_CASE("all outputs survive quantization, its file and the float file") {
  const Network network = detector().import();
  QuantizationOptions options;
  options.activation_bits = options.weight_bits = 16;
  options.nnzb = 15;
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {kPicture}), options);
  const TemporaryFolder folder;
  const QuantizedNetwork read = read_quantized(folder.write("quantized.cbor", to_cbor(quantized)));
  REQUIRE(read.outputs.size() == 3);
  const IntegerTensors integers =
      IntegerEvaluator(read).run_all(quantize_values(read.tensors[read.input], kPicture));
  for (std::size_t o = 0; o < 3; ++o) {
    CHECK(read.outputs[o].name == network.outputs[o].name);
    CHECK(read.outputs[o].dims == network.outputs[o].dims);
    const Floats expected = result(network, o);
    const int tensor = read.outputs[o].tensor;
    REQUIRE(integers[tensor].size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(integers[tensor][i] * read.tensors[tensor].scale == Approx(expected[i]).margin(0.01));
  }
  const Network again = import_bytes(to_onnx(network));
  REQUIRE(again.outputs.size() == 3);
  for (std::size_t o = 0; o < 3; ++o) CHECK(result(again, o) == result(network, o));
}

TEST_CASE("the float file has the names and extents of the model's input and outputs") {
  OnnxBuilder model({1, 6});
  model.constant("image", {1, 2, 3}).constant("flat", {3, 2}).constant("w", {1, 2, 1}, {1, -1});
  model.node("Reshape", {"x", "image"}, "rows");
  model.node("Conv", {"rows", "w"}, "c");
  model.node("Relu", {"rows"}, "r");
  model.node("Reshape", {"r", "flat"}, "y");
  *model.graph().add_output() = model.graph().output(0);
  model.graph().mutable_output(1)->set_name("c");
  model.graph().mutable_output(1)->mutable_type()->mutable_tensor_type()->clear_shape();
  const Network network = model.import();
  onnx::ModelProto written;
  REQUIRE(written.ParseFromString(to_onnx(network)));
  const auto dims = [](const onnx::ValueInfoProto& value) {
    Dims found;
    for (const auto& dim : value.type().tensor_type().shape().dim()) found.push_back(dim.dim_value());
    return found;
  };
  CHECK(written.graph().input(0).name() == "x");
  CHECK(dims(written.graph().input(0)) == Dims{1, 6});
  REQUIRE(written.graph().output_size() == 2);
  CHECK(written.graph().output(0).name() == "y");
  CHECK(dims(written.graph().output(0)) == Dims{3, 2});
  CHECK(written.graph().output(1).name() == "c");
  CHECK(dims(written.graph().output(1)) == Dims{1, 1, 3});
  const Network again = import_bytes(written.SerializeAsString());
  Evaluator first(network), second(again);
  const Floats image = {1, -2, 3, 4, 5, -6};
  first.run(image);
  second.run(image);
  for (std::size_t o = 0; o < 2; ++o)
    CHECK(first.values(network.outputs[o].tensor) == second.values(again.outputs[o].tensor));
}

TEST_CASE("the float file has the element types of the model's input and outputs") {
  using onnx::TensorProto;
  for (const ElementType type :
       {int{TensorProto::FLOAT16}, int{TensorProto::BFLOAT16}, int{TensorProto::DOUBLE},
        int{TensorProto::INT8}, int{TensorProto::INT16}, int{TensorProto::INT32}, int{TensorProto::INT64},
        int{TensorProto::UINT8}, int{TensorProto::UINT16}, int{TensorProto::UINT32}, int{TensorProto::UINT64},
        int{TensorProto::BOOL}, kInt4, kUint4}) {
    CAPTURE(type);
    const Network network = typed(type).import();
    onnx::ModelProto written;
    REQUIRE(written.ParseFromString(to_onnx(network)));
    // Four bits came with operator set 21.
    const ElementType expected = type == kInt4    ? int{TensorProto::INT8}
                                 : type == kUint4 ? int{TensorProto::UINT8}
                                                  : type;
    CHECK(type_of(written.graph().input(0)) == expected);
    REQUIRE(written.graph().output_size() == 3);
    CHECK(type_of(written.graph().output(0)) == TensorProto::FLOAT);
    CHECK(type_of(written.graph().output(1)) == expected);
    CHECK(type_of(written.graph().output(2)) == expected);
    const Network again = import_bytes(written.SerializeAsString());
    Evaluator first(network), second(again);
    const Floats image = {1, 0, 1, 1};
    first.run(image);
    second.run(image);
    for (std::size_t o = 0; o < 3; ++o)
      CHECK(first.values(network.outputs[o].tensor) == second.values(again.outputs[o].tensor));
  }
}

TEST_CASE("an index that is an output is exact, as far as codes reach") {
  constexpr int kClasses = 200;
  OnnxBuilder model({1, kClasses});
  model.node("Relu", {"x"}, "positive");
  set_attribute(model.node("ArgMax", {"positive"}, "y"), "axis", std::int64_t{1});
  model.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::INT64);
  const Network network = model.import();
  const auto one_at = [](int index) {
    Floats image(kClasses, 0.25F);
    image[index] = 1;
    return image;
  };
  QuantizationOptions options;
  options.activation_bits = options.weight_bits = 8;
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {one_at(150)}), options);
  CHECK(quantized.tensors[quantized.output].scale == 1);
  for (const int index : {0, 1, 137, 150, 199}) {
    const IntegerTensors integers = IntegerEvaluator(quantized).run_all(
        quantize_values(quantized.tensors[quantized.input], one_at(index)));
    CHECK(integers[quantized.output] == std::vector<std::int32_t>{index});
  }
}
