#include "quant/onnx/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <fstream>
#include <limits>
#include <stdexcept>

#include "base/outside_text.h"
#include "quant/onnx/versions.h"

namespace bitbalance::onnx_io {
namespace {

// The official library explains itself over several lines, and a damaged file has names with control
// characters.
std::string condensed(const std::string& message) {
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
  std::vector<T> values(tensor.raw_data().size() / sizeof(T));
  // Little-endian, as every machine we build for.
  if (!values.empty()) std::memcpy(values.data(), tensor.raw_data().data(), values.size() * sizeof(T));
  return values;
}

bool is_standard(const std::string& domain) {
  return domain.empty() || domain == "ai.onnx";
}

const onnx::AttributeProto* find_attribute(const onnx::NodeProto& node, const char* name) {
  for (const onnx::AttributeProto& attribute : node.attribute())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

}  // namespace

OnnxModel::OnnxModel(std::filesystem::path file, const Dims& input_shape,
                     const std::set<std::string>& accepted_ops)
    : file_(std::move(file)) {
  parse();
  check_version();
  check_operators(accepted_ops);
  check_model();
  find_input(input_shape);
  guard_windows();
  infer_shapes();
  const auto count_reader = [this](const std::string& name) {
    if (!name.empty()) ++readers_[name];
  };
  for (const onnx::NodeProto& node : graph().node())
    for (const std::string& name : node.input()) count_reader(name);
  for (const onnx::ValueInfoProto& output : graph().output()) count_reader(output.name());
}

void OnnxModel::parse() {
  const google::protobuf::LogSilencer silence;  // it explains itself on the terminal
  std::ifstream stream(file_, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file_)) fail("cannot be opened; accepted: an ONNX file");
  if (!model_.ParseFromIstream(&stream) || !model_.has_graph() || !model_.has_ir_version())
    fail("is truncated or not an ONNX file");
  for (onnx::NodeProto& node : *model_.mutable_graph()->mutable_node()) {
    // Whatever speaks of a node has a name for it.
    if (node.name().empty() && node.output_size() != 0) node.set_name(node.output(0));
    // At the end, an operand without a name is none.
    const auto trim = [](auto& names) {
      while (!names.empty() && names[names.size() - 1].empty()) names.RemoveLast();
    };
    trim(*node.mutable_input());
    trim(*node.mutable_output());
    // What names nodes and tensors names layers, in files of UTF-8.
    const auto check = [&](const std::string& name) {
      if (!is_utf8(name)) fail("a node has a name that is not UTF-8; accepted: UTF-8");
    };
    check(node.name());
    std::for_each(node.input().begin(), node.input().end(), check);
    std::for_each(node.output().begin(), node.output().end(), check);
  }
}

void OnnxModel::check_version() {
  constexpr std::int64_t kFirstIr = 3;  // names its operator sets
  if (model_.ir_version() < kFirstIr || model_.ir_version() > onnx::Version::IR_VERSION) {
    fail(fmt::format("IR version is {}; accepted: {} to {}", model_.ir_version(), kFirstIr,
                     static_cast<int>(onnx::Version::IR_VERSION)));
  }
  for (const onnx::OperatorSetIdProto& opset : model_.opset_import()) {
    if (!is_standard(opset.domain())) continue;
    if (opset_ != 0 && opset_ != opset.version())
      fail(fmt::format("operator set versions are {} and {}; accepted: one", opset_, opset.version()));
    opset_ = opset.version();
  }
  if (opset_ < kFirstOpset || opset_ > kLastOpset)
    fail(fmt::format("operator set version is {}; accepted: {} to {}", opset_, kFirstOpset, kLastOpset));
}

void OnnxModel::check_operators(const std::set<std::string>& accepted_ops) const {
  for (const onnx::FunctionProto& function : model_.functions()) {
    if (is_standard(function.domain()))
      fail(fmt::format("defines '{}' itself; accepted: ONNX's own operators", function.name()));
  }
  for (const onnx::NodeProto& node : graph().node()) {
    if (accepted_ops.count(node.op_type()) == 0 || !is_standard(node.domain())) {
      const std::string domain = node.domain().empty() ? "" : " of domain " + node.domain();
      fail(node, fmt::format("unsupported operator{}; accepted: {}", domain, fmt::join(accepted_ops, ", ")));
    }
    if (const std::string problem = version_problem(node, opset_); !problem.empty()) fail(node, problem);
  }
}

// As much data as the shape asks for, in one field: shape inference of ONNX 1.12 reads it unchecked.
void OnnxModel::check_tensor(const onnx::TensorProto& tensor, const std::string& where) const {
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL)
    fail(where + "is stored in another file; accepted: data inside the ONNX file");
  std::int64_t listed = 0, width = 0;
  switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT:
      listed = tensor.float_data_size();
      width = sizeof(float);
      break;
    case onnx::TensorProto::INT64:
      listed = tensor.int64_data_size();
      width = sizeof(std::int64_t);
      break;
    case onnx::TensorProto::INT32:
      listed = tensor.int32_data_size();
      width = sizeof(std::int32_t);
      break;
    case onnx::TensorProto::BOOL:
      listed = tensor.int32_data_size();
      width = 1;
      break;
    default:
      fail(where + fmt::format("element type is {}; accepted: FLOAT (INT64, INT32 and BOOL for shapes)",
                               type_name(tensor.data_type())));
  }
  const Dims dims(tensor.dims().begin(), tensor.dims().end());
  const std::int64_t expected = count(dims, where) * width;
  const std::int64_t size = listed * width + static_cast<std::int64_t>(tensor.raw_data().size());
  if (size != expected || (tensor.has_raw_data() && listed != 0)) {
    fail(where + fmt::format("{} bytes of data; its shape {} asks for {}, in one field", size,
                             to_string(dims), expected));
  }
}

void OnnxModel::check_model() const {
  for (const onnx::TensorProto& tensor : graph().initializer())
    check_tensor(tensor, fmt::format("constant '{}': ", tensor.name()));
  for (const onnx::NodeProto& node : graph().node()) {
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (!attribute.has_t()) continue;
      check_tensor(attribute.t(), fmt::format("node '{}' ({}): attribute '{}': ", node.name(), node.op_type(),
                                              attribute.name()));
    }
  }
  try {
    onnx::checker::check_model(model_);
  } catch (const std::exception& error) {
    fail(fmt::format("is not a valid ONNX model: {}", error.what()));
  }
}

void OnnxModel::find_input(const Dims& input_shape) {
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
  set_input_dims(input_shape);
}

// The batch is 1 unless somebody says otherwise.
void OnnxModel::set_input_dims(const Dims& input_shape) {
  const std::string where = fmt::format("input '{}': ", input_->name());
  onnx::TensorShapeProto& shape = *input_->mutable_type()->mutable_tensor_type()->mutable_shape();
  if (!input_shape.empty() && static_cast<int>(input_shape.size()) != shape.dim_size()) {
    fail(where + fmt::format("{} dimensions, but an input shape of {} is asked for", shape.dim_size(),
                             to_string(input_shape)));
  }
  Dims dims;
  for (int i = 0; i < shape.dim_size(); ++i) {
    onnx::TensorShapeProto_Dimension& dim = *shape.mutable_dim(i);
    if (!dim.has_dim_value() && !input_shape.empty()) dim.set_dim_value(input_shape[i]);
    if (!dim.has_dim_value() && i == 0) dim.set_dim_value(1);
    if (!dim.has_dim_value()) {
      fail(where + fmt::format("dimension {} is symbolic ('{}'); accepted: a number, in the file or in an "
                               "input shape (network.input_shape)",
                               i, dim.dim_param()));
    }
    if (dim.dim_value() < 1)
      fail(where + fmt::format("dimension {} is {}; accepted: at least 1", i, dim.dim_value()));
    if (!input_shape.empty() && dim.dim_value() != input_shape[i]) {
      fail(where + fmt::format("dimension {} is {}, but an input shape of {} is asked for", i,
                               dim.dim_value(), to_string(input_shape)));
    }
    dims.push_back(dim.dim_value());
  }
  count(dims, where);
}

// Shape inference of ONNX 1.12 divides by strides and by the square of a block size unchecked, and reads
// beyond the input's dimensions when it takes the kernel's from weights of another rank; a kernel_shape it
// compares.
void OnnxModel::guard_windows() {
  constexpr std::int64_t kMostBlock = std::numeric_limits<std::int16_t>::max();
  std::map<std::string, const onnx::TensorProto*> initializers;
  for (const onnx::TensorProto& tensor : graph().initializer()) initializers[tensor.name()] = &tensor;
  for (onnx::NodeProto& node : *model_.mutable_graph()->mutable_node()) {
    if (const std::int64_t block = int_attribute(node, "blocksize", 1); block < 1 || block > kMostBlock)
      fail(node, fmt::format("blocksize is {}; accepted: 1 to {}", block, kMostBlock));
    const bool is_conv = node.op_type() == "Conv" || node.op_type() == "ConvTranspose";
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
  // What the file declares is compared node by node, and must not keep the inference from its own result.
  declared_ = types();
  model_.mutable_graph()->clear_value_info();
  for (onnx::ValueInfoProto& output : *model_.mutable_graph()->mutable_output())
    output.mutable_type()->mutable_tensor_type()->clear_shape();
  const bool check_type = true;
  const int strict = 1;
  const bool propagate_data = true;
  try {
    onnx::shape_inference::InferShapes(model_, onnx::OpSchemaRegistry::Instance(),
                                       onnx::ShapeInferenceOptions(check_type, strict, propagate_data));
  } catch (const std::exception& error) {
    fail(fmt::format("shape inference: {}", error.what()));
  }
  inferred_ = types();
  inferred_[input_->name()] = input_->type().tensor_type();
}

OnnxModel::Types OnnxModel::types() const {
  Types types;
  for (const onnx::ValueInfoProto& value : graph().value_info())
    types[value.name()] = value.type().tensor_type();
  for (const onnx::ValueInfoProto& value : graph().output()) types[value.name()] = value.type().tensor_type();
  return types;
}

Dims OnnxModel::input_dims() const {
  return *extents(input_->name());
}

std::optional<Dims> OnnxModel::extents(const std::string& tensor) const {
  const auto found = inferred_.find(tensor);
  if (found == inferred_.end() || !found->second.has_shape()) return {};
  Dims dims;
  for (const auto& dim : found->second.shape().dim()) {
    if (!dim.has_dim_value()) return {};
    dims.push_back(dim.dim_value());
  }
  return dims;
}

void OnnxModel::check_extents(const onnx::NodeProto& node, const std::string& tensor,
                              const Dims& dims) const {
  const auto check = [&](const Types& types, const char* who) {
    const auto found = types.find(tensor);
    if (found == types.end() || !found->second.has_shape()) return;
    const auto& expected = found->second.shape().dim();
    bool fits = expected.size() == static_cast<int>(dims.size());
    Dims known;
    for (int d = 0; d < expected.size(); ++d) {
      const std::int64_t extent = expected[d].has_dim_value() ? expected[d].dim_value() : -1;
      known.push_back(extent);
      fits = fits && (extent < 0 || extent == dims[d]);
    }
    if (!fits)
      fail(node, fmt::format("output '{}' is {}; {} {}", tensor, to_string(dims), who, to_string(known)));
  };
  check(inferred_, "ONNX shape inference says");
  check(declared_, "the file declares");
}

std::optional<bool> OnnxModel::is_integer(const std::string& tensor) const {
  const auto found = inferred_.find(tensor);
  if (found == inferred_.end() || found->second.elem_type() == onnx::TensorProto::UNDEFINED) return {};
  return found->second.elem_type() != onnx::TensorProto::FLOAT;
}

int OnnxModel::readers(const std::string& tensor) const {
  const auto found = readers_.find(tensor);
  return found == readers_.end() ? 0 : found->second;
}

// Elements; refuses what does not fit into memory.
std::int64_t OnnxModel::count(const Dims& dims, const std::string& where) const {
  try {
    return checked_count(dims);
  } catch (const std::invalid_argument& error) {
    fail(where + error.what());
  }
}

OnnxConstant OnnxModel::constant(const onnx::TensorProto& tensor) const {
  const std::string where = fmt::format("constant '{}': ", tensor.name());
  OnnxConstant constant;
  constant.tensor.dims.assign(tensor.dims().begin(), tensor.dims().end());
  constant.is_integer = tensor.data_type() != onnx::TensorProto::FLOAT;
  std::vector<float>& values = constant.tensor.values;
  switch (tensor.data_type()) {
    case onnx::TensorProto::INT64:
      values = exact_floats(elements<std::int64_t>(tensor, tensor.int64_data()), where);
      break;
    case onnx::TensorProto::INT32:
      values = exact_floats(elements<std::int32_t>(tensor, tensor.int32_data()), where);
      break;
    case onnx::TensorProto::BOOL:
      values = tensor.has_raw_data()
                   ? exact_floats(elements<std::int8_t>(tensor, tensor.int32_data()), where)
                   : exact_floats(elements<std::int32_t>(tensor, tensor.int32_data()), where);
      for (float& value : values) value = value == 0 ? 0 : 1;
      break;
    default:
      values = elements<float>(tensor, tensor.float_data());
  }
  return constant;
}

// What means "to the end" in Slice may be larger than anything.
template <typename Integer>
std::vector<float> OnnxModel::exact_floats(const std::vector<Integer>& integers,
                                           const std::string& where) const {
  constexpr std::int64_t kExact = std::int64_t{1} << 24;
  constexpr std::int64_t kUnbounded = std::numeric_limits<std::int32_t>::max();
  for (const Integer integer : integers) {
    const auto value = std::int64_t{integer};
    if ((value > kExact || value < -kExact) && value < kUnbounded && value > -kUnbounded)
      fail(where + fmt::format("{}; accepted: integers up to {}, or beyond {}", value, kExact, kUnbounded));
  }
  return {integers.begin(), integers.end()};
}

void OnnxModel::fail(const std::string& problem) const {
  throw OnnxError(condensed(fmt::format("{}: {}", file_.string(), problem)));
}

void OnnxModel::fail(const onnx::NodeProto& node, const std::string& problem) const {
  fail(fmt::format("node '{}' ({}): {}", node.name(), node.op_type(), problem));
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

}  // namespace bitbalance::onnx_io
