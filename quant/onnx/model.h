// An ONNX file, parsed, checked and with inferred shapes: the importer's view of protobuf. Included by the
// importer only.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "quant/host/host_tensor.h"
#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// A constant. Integers are floats too: they are shapes, axes and indices, exact up to 2^24.
struct OnnxConstant {
  HostTensor tensor;
  bool is_integer = false;
};

/// What is wrong with a file: "FILE: problem", "FILE: node 'NAME' (OP): problem".
class OnnxError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

class OnnxModel {
 public:
  /// Reads a file and runs the official checker and shape inference for batch 1. `input_shape` takes the
  /// place of the file's symbolic extents, unless it is empty; `accepted_ops` are the names of the operators
  /// that the importer knows. Throws std::invalid_argument.
  OnnxModel(std::filesystem::path file, const Dims& input_shape, const std::set<std::string>& accepted_ops);

  const onnx::GraphProto& graph() const { return model_.graph(); }
  std::int64_t opset() const { return opset_; }
  const onnx::ValueInfoProto& input() const { return *input_; }

  Dims input_dims() const;
  /// Of the input and of what the official inference found altogether.
  std::optional<Dims> extents(const std::string& tensor) const;

  /// What a node computes must have the extents that the official inference found and those that the file
  /// declares. Throws OnnxError.
  void check_extents(const onnx::NodeProto& node, const std::string& tensor, const Dims& dims) const;
  /// What the official inference says of the elements: integers or booleans, floats, or nothing.
  std::optional<bool> is_integer(const std::string& tensor) const;

  /// How many nodes and outputs of the graph read this tensor.
  int readers(const std::string& tensor) const;

  /// Values of an initializer or of a node's attribute.
  OnnxConstant constant(const onnx::TensorProto& tensor) const;

  /// Throw OnnxError.
  [[noreturn]] void fail(const std::string& problem) const;
  [[noreturn]] void fail(const onnx::NodeProto& node, const std::string& problem) const;

 private:
  using Types = std::map<std::string, onnx::TypeProto_Tensor>;

  template <typename Integer>
  std::vector<float> exact_floats(const std::vector<Integer>& integers, const std::string& where) const;
  void parse();
  void check_version();
  void check_operators(const std::set<std::string>& accepted_ops) const;
  void check_tensor(const onnx::TensorProto& tensor, const std::string& where) const;
  void check_model() const;
  void find_input(const Dims& input_shape);
  void set_input_dims(const Dims& input_shape);
  std::int64_t count(const Dims& dims, const std::string& where) const;
  void guard_windows();
  void infer_shapes();
  Types types() const;

  std::filesystem::path file_;
  onnx::ModelProto model_;
  std::int64_t opset_ = 0;
  onnx::ValueInfoProto* input_ = nullptr;
  Types declared_, inferred_;
  std::map<std::string, int> readers_;
};

/// Attributes of a node by name, with the operator's defaults.
std::int64_t int_attribute(const onnx::NodeProto& node, const char* name, std::int64_t fallback);
float float_attribute(const onnx::NodeProto& node, const char* name, float fallback);
std::string string_attribute(const onnx::NodeProto& node, const char* name, const char* fallback);
std::vector<std::int64_t> ints_attribute(const onnx::NodeProto& node, const char* name,
                                         std::vector<std::int64_t> fallback);
const onnx::TensorProto* tensor_attribute(const onnx::NodeProto& node, const char* name);

}  // namespace bitbalance::onnx_io
