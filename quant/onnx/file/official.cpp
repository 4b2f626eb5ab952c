#include "quant/onnx/file/official.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/defs/schema.h>
#include <onnx/defs/shape_inference.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

#include "quant/onnx/file/model.h"

namespace bitbalance::onnx_io {
namespace {

const onnx::OpSchema* schema_of(const onnx::NodeProto& node, std::int64_t opset) {
  return onnx::OpSchemaRegistry::Schema(node.op_type(), static_cast<int>(opset), onnx::ONNX_DOMAIN);
}

/// A node with types and constants that we know, where the library would collect them from a whole graph.
class Context : public onnx::InferenceContext {
 public:
  Context(const onnx::NodeProto& node, const std::vector<OfficialInput>& inputs)
      : node_(node), inputs_(inputs), outputs_(node.output_size()) {}

  const onnx::AttributeProto* getAttribute(const std::string& name) const override {
    return find_attribute(node_, name.c_str());
  }
  std::size_t getNumInputs() const override { return inputs_.size(); }
  const onnx::TypeProto* getInputType(std::size_t index) const override {
    const bool is_given = index < inputs_.size() && inputs_[index].type.has_tensor_type();
    return is_given ? &inputs_[index].type : nullptr;
  }
  const onnx::TensorProto* getInputData(std::size_t index) const override {
    return index < inputs_.size() && inputs_[index].has_data ? &inputs_[index].data : nullptr;
  }
  std::size_t getNumOutputs() const override { return outputs_.size(); }
  onnx::TypeProto* getOutputType(std::size_t index) override {
    if (index >= outputs_.size()) throw std::invalid_argument(fmt::format("has no output {}", index));
    return &outputs_[index];
  }
  onnx::GraphInferencer* getGraphAttributeInferencer(const std::string& /*attribute*/) override {
    return nullptr;
  }
  const onnx::SparseTensorProto* getInputSparseData(std::size_t /*index*/) const override { return nullptr; }
  const onnx::TensorShapeProto* getSymbolicInput(std::size_t /*index*/) const override { return nullptr; }

  std::vector<onnx::TypeProto> take_outputs() { return std::move(outputs_); }

 private:
  const onnx::NodeProto& node_;
  const std::vector<OfficialInput>& inputs_;
  std::vector<onnx::TypeProto> outputs_;
};

// What shape inference of ONNX 1.12 takes from a file unchecked is checked here, before it is asked.

int rank_of(const OfficialInput& input) {
  return input.type.tensor_type().shape().dim_size();
}

/// It divides by the square of a block size.
void guard_blocks(const onnx::NodeProto& node) {
  constexpr std::int64_t kMostBlock = std::numeric_limits<std::int16_t>::max();
  if (const std::int64_t block = int_attribute(node, "blocksize", 1); block < 1 || block > kMostBlock)
    throw std::invalid_argument(fmt::format("blocksize is {}; accepted: 1 to {}", block, kMostBlock));
}

/// It divides by strides, and reads beyond the dimensions of an input or of weights that has fewer.
void guard_windows(const onnx::NodeProto& node, const std::vector<OfficialInput>& inputs) {
  static const std::map<std::string, std::size_t> weights_of = {
      {"Conv", 1}, {"ConvTranspose", 1}, {"ConvInteger", 1}, {"QLinearConv", 3}};  // by input
  const auto weights = weights_of.find(node.op_type());
  const bool is_conv = weights != weights_of.end();
  static const std::set<std::string> poolings = {"AveragePool", "LpPool", "MaxPool"};
  if (!is_conv && poolings.count(node.op_type()) == 0) return;
  for (const char* name : {"kernel_shape", "strides", "dilations"}) {
    const std::vector<std::int64_t> values = ints_attribute(node, name, {});
    if (std::any_of(values.begin(), values.end(), [](std::int64_t value) { return value < 1; })) {
      throw std::invalid_argument(
          fmt::format("{} is [{}]; accepted: at least 1", name, fmt::join(values, ", ")));
    }
  }
  if (!is_conv) return;
  const int own = rank_of(inputs[weights->second]), input = rank_of(inputs[0]);
  if (own != input || own < 3) {
    throw std::invalid_argument(fmt::format(
        "weights of {} dimensions for an input of {}; accepted: as many, at least 3", own, input));
  }
}

/// It writes the extents of further outputs from the axis on.
void guard_axis(const onnx::NodeProto& node, const std::vector<OfficialInput>& inputs) {
  if (node.op_type() == "LayerNormalization")
    normal_axis(int_attribute(node, "axis", -1), static_cast<std::size_t>(rank_of(inputs[0])));
}

/// It reads the dimensions of the data from those of the batch and of an index on.
void guard_batch(const onnx::NodeProto& node, const std::vector<OfficialInput>& inputs) {
  if (node.op_type() != "GatherND") return;
  const std::int64_t batch = int_attribute(node, "batch_dims", 0);
  const int least = std::min(rank_of(inputs[0]), rank_of(inputs[1]));
  if (batch < 0 || (least > 0 && batch >= least)) {
    throw std::invalid_argument(
        fmt::format("batch_dims is {}; accepted: from 0, below the ranks of data and indices, {} and {}",
                    batch, rank_of(inputs[0]), rank_of(inputs[1])));
  }
}

/// It makes a dimension for each element of a shape that it does not know.
void guard_shape(const onnx::NodeProto& node, const std::vector<OfficialInput>& inputs) {
  constexpr std::int64_t kMost = 1024;
  static const std::map<std::string, std::size_t> shape_of = {{"ConstantOfShape", 0}, {"Expand", 1}};
  const auto shape = shape_of.find(node.op_type());
  if (shape == shape_of.end() || rank_of(inputs[shape->second]) != 1) return;
  const std::int64_t count = inputs[shape->second].type.tensor_type().shape().dim(0).dim_value();
  if (count > kMost)
    throw std::invalid_argument(fmt::format("a shape of {} dimensions; accepted: up to {}", count, kMost));
}

}  // namespace

OfficialInput official_input(ElementType type, const Dims& dims) {
  OfficialInput input;
  onnx::TypeProto_Tensor& tensor = *input.type.mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape();
  for (const std::int64_t extent : dims) tensor.mutable_shape()->add_dim()->set_dim_value(extent);
  return input;
}

void set_data(OfficialInput& input, const std::vector<float>& values) {
  const onnx::TypeProto_Tensor& type = input.type.tensor_type();
  for (const auto& dim : type.shape().dim()) input.data.add_dims(dim.dim_value());
  input.data.set_data_type(type.elem_type());
  input.has_data = true;
  switch (type.elem_type()) {
    case onnx::TensorProto::FLOAT:
      for (const float value : values) input.data.add_float_data(value);
      break;
    case onnx::TensorProto::DOUBLE:
      for (const float value : values) input.data.add_double_data(value);
      break;
    case onnx::TensorProto::INT64:
      for (const float value : values) input.data.add_int64_data(to_integer(value));
      break;
    case onnx::TensorProto::INT32:
      // 2^31 as a float is what stands for "to the end".
      for (const float value : values) {
        using Limits = std::numeric_limits<std::int32_t>;
        input.data.add_int32_data(static_cast<std::int32_t>(
            std::clamp<std::int64_t>(to_integer(value), Limits::min(), Limits::max())));
      }
      break;
    default:
      input.has_data = false;
  }
}

std::string official_problem(const onnx::NodeProto& node, std::int64_t opset) {
  const onnx::OpSchema* schema = schema_of(node, opset);
  if (schema == nullptr || schema->Deprecated())
    return fmt::format("is no operator of operator set {}; accepted: operators of it", opset);
  try {
    schema->Verify(node);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

std::vector<onnx::TypeProto> official_types(const onnx::NodeProto& node, std::int64_t opset,
                                            const std::vector<OfficialInput>& inputs) {
  const onnx::OpSchema* schema = schema_of(node, opset);
  if (schema == nullptr || !schema->has_type_and_shape_inference_function())
    return std::vector<onnx::TypeProto>(node.output_size());
  guard_blocks(node);
  guard_windows(node, inputs);
  guard_axis(node, inputs);
  guard_batch(node, inputs);
  guard_shape(node, inputs);
  Context context(node, inputs);
  schema->GetTypeAndShapeInferenceFunction()(context);
  return context.take_outputs();
}

}  // namespace bitbalance::onnx_io
