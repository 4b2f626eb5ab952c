// An ONNX file, parsed, checked and with inferred shapes: the importer's view of protobuf. Included by the
// importer only.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace bitbalance {

/// A constant tensor; one of the vectors is filled, according to the element type.
struct OnnxConstant {
  std::vector<std::int64_t> dims;
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
};

class OnnxModel {
 public:
  /// Reads a file and runs the official checker and shape inference for batch 1. `accepted_ops` are the names
  /// of the operators that the importer knows. Throws std::invalid_argument.
  OnnxModel(std::filesystem::path file, const std::set<std::string>& accepted_ops);

  const onnx::GraphProto& graph() const { return model_.graph(); }
  std::int64_t opset() const { return opset_; }
  const onnx::ValueInfoProto& input() const { return *input_; }

  /// Extents of an activation tensor, batch included.
  const std::vector<std::int64_t>& dims(const std::string& tensor) const;

  /// Does a node or the graph's output read this tensor?
  bool is_read(const std::string& tensor) const { return read_.count(tensor) != 0; }

  /// Values of an initializer or of a Constant's attribute; float32 and int64 only.
  OnnxConstant constant(const onnx::TensorProto& tensor) const;

  /// Throw std::invalid_argument: "FILE: problem", "FILE: node 'NAME' (OP): problem".
  [[noreturn]] void fail(const std::string& problem) const;
  [[noreturn]] void fail(const onnx::NodeProto& node, const std::string& problem) const;

 private:
  void parse();
  void check_operators(const std::set<std::string>& accepted_ops) const;
  void check_version();
  void find_input();
  void guard_windows();
  void infer_shapes();

  std::filesystem::path file_;
  onnx::ModelProto model_;
  std::int64_t opset_ = 0;
  onnx::ValueInfoProto* input_ = nullptr;
  std::map<std::string, std::vector<std::int64_t>> dims_;
  std::set<std::string> read_;
};

/// Attributes of a node by name, with the operator's defaults.
std::int64_t int_attribute(const onnx::NodeProto& node, const char* name, std::int64_t fallback);
float float_attribute(const onnx::NodeProto& node, const char* name, float fallback);
std::string string_attribute(const onnx::NodeProto& node, const char* name, const char* fallback);
std::vector<std::int64_t> ints_attribute(const onnx::NodeProto& node, const char* name,
                                         std::vector<std::int64_t> fallback);
const onnx::TensorProto* tensor_attribute(const onnx::NodeProto& node, const char* name);

}  // namespace bitbalance
