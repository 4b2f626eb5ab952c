#include "quant/onnx_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <fstream>
#include <numeric>
#include <stdexcept>

#include "quant/onnx_rewrite.h"

namespace bitbalance {
namespace {

constexpr std::int64_t kFirstOpset = 7;  // from here on operators broadcast, and differ in attributes at most

// The official library explains itself over several lines, and a damaged file has names with control
// characters.
std::string one_line(const std::string& message) {
  std::string line;
  for (const char c : message) {
    const bool is_space = c == ' ' || std::iscntrl(static_cast<unsigned char>(c)) != 0;
    if (!is_space) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

std::string type_name(int type) {
  return onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(type));
}

template <typename T, typename Field>
std::vector<T> elements(const onnx::TensorProto& tensor, const Field& field) {
  if (!tensor.has_raw_data()) return {field.begin(), field.end()};
  std::vector<T> values(tensor.raw_data().size() /
                        sizeof(T));  // little-endian, as every machine we build for
  std::memcpy(values.data(), tensor.raw_data().data(), values.size() * sizeof(T));
  return values;
}

const onnx::AttributeProto* find_attribute(const onnx::NodeProto& node, const char* name) {
  for (const onnx::AttributeProto& attribute : node.attribute())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

}  // namespace

OnnxModel::OnnxModel(std::filesystem::path file, const std::set<std::string>& accepted_ops)
    : file_(std::move(file)) {
  parse();
  merge_channel_transforms(*model_.mutable_graph(),
                           [this](const onnx::TensorProto& tensor) { return constant(tensor); });
  check_operators(accepted_ops);
  check_version();
  try {
    onnx::checker::check_model(model_);
  } catch (const std::exception& error) {
    fail(fmt::format("is not a valid ONNX model: {}", error.what()));
  }
  find_input();
  guard_windows();
  infer_shapes();
  for (const onnx::NodeProto& node : graph().node()) read_.insert(node.input().begin(), node.input().end());
  for (const onnx::ValueInfoProto& output : graph().output()) read_.insert(output.name());
}

void OnnxModel::parse() {
  std::ifstream stream(file_, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file_)) fail("cannot be opened; accepted: an ONNX file");
  if (!model_.ParseFromIstream(&stream) || !model_.has_graph() || !model_.has_ir_version())
    fail("is truncated or not an ONNX file");
}

void OnnxModel::check_operators(const std::set<std::string>& accepted_ops) const {
  for (const onnx::NodeProto& node : graph().node()) {
    if (accepted_ops.count(node.op_type()) == 0 || !(node.domain().empty() || node.domain() == "ai.onnx")) {
      const std::string domain = node.domain().empty() ? "" : " of domain " + node.domain();
      fail(node, fmt::format("unsupported operator{}; accepted: {}", domain, fmt::join(accepted_ops, ", ")));
    }
  }
}

void OnnxModel::check_version() {
  for (const onnx::OperatorSetIdProto& opset : model_.opset_import())
    if (opset.domain().empty() || opset.domain() == "ai.onnx") opset_ = opset.version();
  if (opset_ < kFirstOpset)
    fail(fmt::format("operator set version is {}; accepted: {} or later", opset_, kFirstOpset));
}

void OnnxModel::find_input() {
  std::set<std::string> initialized;
  for (const onnx::TensorProto& tensor : graph().initializer()) initialized.insert(tensor.name());
  if (graph().sparse_initializer_size() != 0) fail("has sparse initializers; accepted: dense ones");
  std::vector<std::string> names;
  for (onnx::ValueInfoProto& value : *model_.mutable_graph()->mutable_input()) {
    if (initialized.count(value.name()) != 0) continue;  // IR version 3 lists the constants too
    names.push_back(value.name());
    input_ = &value;
  }
  if (names.size() != 1) fail(fmt::format("has inputs [{}]; accepted: one", fmt::join(names, ", ")));
  if (graph().output_size() != 1) fail(fmt::format("has {} outputs; accepted: one", graph().output_size()));

  const std::string where = fmt::format("input '{}': ", input_->name());
  onnx::TypeProto_Tensor& type = *input_->mutable_type()->mutable_tensor_type();
  if (type.elem_type() != onnx::TensorProto::FLOAT)
    fail(where + fmt::format("element type is {}; accepted: FLOAT", type_name(type.elem_type())));
  const int rank = type.shape().dim_size();
  if (rank != 2 && rank != 4) {
    fail(where +
         fmt::format("{} dimensions; accepted: batch x channels x height x width, batch x features", rank));
  }
  for (int i = 0; i < rank; ++i) {
    onnx::TensorShapeProto_Dimension& dim = *type.mutable_shape()->mutable_dim(i);
    const bool is_batch = i == 0;
    if (is_batch && !dim.has_dim_value()) dim.set_dim_value(1);
    if (!dim.has_dim_value()) {
      fail(where +
           fmt::format("dimension {} is symbolic ('{}'); accepted: a number, only the batch may be symbolic",
                       i, dim.dim_param()));
    }
    if (is_batch && dim.dim_value() != 1)
      fail(where + fmt::format("batch is {}; accepted: 1 or symbolic", dim.dim_value()));
    if (dim.dim_value() < 1)
      fail(where + fmt::format("dimension {} is {}; accepted: at least 1", i, dim.dim_value()));
  }
}

// Shape inference of ONNX 1.12 divides by strides unchecked, and reads beyond the input's dimensions when it
// takes the kernel's from weights of another rank; a kernel_shape it compares.
void OnnxModel::guard_windows() {
  std::map<std::string, const onnx::TensorProto*> initializers;
  for (const onnx::TensorProto& tensor : graph().initializer()) initializers[tensor.name()] = &tensor;
  for (onnx::NodeProto& node : *model_.mutable_graph()->mutable_node()) {
    const bool is_conv = node.op_type() == "Conv";
    if (!is_conv && node.op_type() != "MaxPool" && node.op_type() != "AveragePool") continue;
    for (const char* name : {"kernel_shape", "strides", "dilations"}) {
      const std::vector<std::int64_t> values = ints_attribute(node, name, {});
      if (std::any_of(values.begin(), values.end(), [](std::int64_t value) { return value < 1; }))
        fail(node, fmt::format("{} is [{}]; accepted: at least 1", name, fmt::join(values, ", ")));
    }
    if (!is_conv || find_attribute(node, "kernel_shape") != nullptr) continue;
    const auto weights = initializers.find(node.input(1));
    if (weights == initializers.end() || weights->second->dims_size() < 2)
      fail(node, "has no kernel_shape; accepted: kernel_shape, or weights of 4 dimensions");
    onnx::AttributeProto& kernel = *node.add_attribute();
    kernel.set_name("kernel_shape");
    kernel.set_type(onnx::AttributeProto::INTS);
    for (int i = 2; i < weights->second->dims_size(); ++i) kernel.add_ints(weights->second->dims(i));
  }
}

void OnnxModel::infer_shapes() {
  // What the file says about inner shapes may hold the symbolic batch.
  model_.mutable_graph()->clear_value_info();
  const bool check_type = true;
  const int strict = 1;
  const bool propagate_data = true;
  try {
    onnx::shape_inference::InferShapes(model_, onnx::OpSchemaRegistry::Instance(),
                                       onnx::ShapeInferenceOptions(check_type, strict, propagate_data));
  } catch (const std::exception& error) {
    fail(fmt::format("shape inference: {}", error.what()));
  }
  const auto collect = [&](const onnx::ValueInfoProto& value) {
    std::vector<std::int64_t>& dims = dims_[value.name()];
    for (const auto& dim : value.type().tensor_type().shape().dim())
      dims.push_back(dim.has_dim_value() ? dim.dim_value() : 0);
  };
  collect(*input_);
  for (const onnx::ValueInfoProto& value : graph().value_info()) collect(value);
  for (const onnx::ValueInfoProto& value : graph().output()) collect(value);
}

const std::vector<std::int64_t>& OnnxModel::dims(const std::string& tensor) const {
  const auto found = dims_.find(tensor);
  if (found == dims_.end()) fail(fmt::format("tensor '{}': its shape cannot be inferred", tensor));
  for (const std::int64_t dim : found->second) {
    if (dim < 1) {
      fail(fmt::format("tensor '{}': inferred shape [{}] (0: unknown); accepted: extents of at least 1",
                       tensor, fmt::join(found->second, ", ")));
    }
  }
  return found->second;
}

OnnxConstant OnnxModel::constant(const onnx::TensorProto& tensor) const {
  const std::string where = fmt::format("constant '{}': ", tensor.name());
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL)
    fail(where + "is stored in another file; accepted: data inside the ONNX file");
  OnnxConstant constant;
  constant.dims.assign(tensor.dims().begin(), tensor.dims().end());
  std::size_t found = 0;
  if (tensor.data_type() == onnx::TensorProto::FLOAT) {
    constant.floats = elements<float>(tensor, tensor.float_data());
    found = constant.floats.size();
  } else if (tensor.data_type() == onnx::TensorProto::INT64) {
    constant.integers = elements<std::int64_t>(tensor, tensor.int64_data());
    found = constant.integers.size();
  } else {
    fail(where + fmt::format("element type is {}; accepted: FLOAT (INT64 for a shape)",
                             type_name(tensor.data_type())));
  }
  const std::int64_t expected =
      std::accumulate(constant.dims.begin(), constant.dims.end(), std::int64_t{1}, std::multiplies<>());
  if (static_cast<std::int64_t>(found) != expected) {
    fail(where + fmt::format("{} elements of data; its shape [{}] asks for {}", found,
                             fmt::join(constant.dims, ", "), expected));
  }
  return constant;
}

void OnnxModel::fail(const std::string& problem) const {
  throw std::invalid_argument(fmt::format("{}: {}", file_.string(), one_line(problem)));
}

void OnnxModel::fail(const onnx::NodeProto& node, const std::string& problem) const {
  const std::string& name = node.name().empty() && node.output_size() != 0 ? node.output(0) : node.name();
  fail(fmt::format("node '{}' ({}): {}", name, node.op_type(), problem));
}

std::int64_t int_attribute(const onnx::NodeProto& node, const char* name, std::int64_t fallback) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? fallback : attribute->i();
}

float float_attribute(const onnx::NodeProto& node, const char* name, float fallback) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? fallback : attribute->f();
}

std::string string_attribute(const onnx::NodeProto& node, const char* name, const char* fallback) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? fallback : attribute->s();
}

std::vector<std::int64_t> ints_attribute(const onnx::NodeProto& node, const char* name,
                                         std::vector<std::int64_t> fallback) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  if (attribute == nullptr) return fallback;
  return {attribute->ints().begin(), attribute->ints().end()};
}

const onnx::TensorProto* tensor_attribute(const onnx::NodeProto& node, const char* name) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? nullptr : &attribute->t();
}

}  // namespace bitbalance
