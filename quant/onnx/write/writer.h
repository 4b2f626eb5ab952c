// An ONNX model being written: names, constants and nodes as protobuf has them. Included by the exporter and
// by tests only.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "quant/host/host_tensor.h"
#include "quant/onnx/file/attributes.h"
#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

class OnnxWriter {
 public:
  explicit OnnxWriter(const std::string& graph);

  void set_version(std::int64_t opset, std::int64_t ir_version);

  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  /// A name that no other caller gets: with underscores where it is taken.
  std::string unique(std::string name);

  /// Add a constant and return its name, `name` made unique.
  std::string constant(const std::string& name, const Dims& dims, const std::vector<float>& values);
  std::string constant(const std::string& name, const Dims& dims, const std::vector<std::int64_t>& values);

  /// Adds a node with one output; an empty input is one left out. Its name has underscores where another node
  /// is called so: runtimes want each once.
  onnx::NodeProto& add_node(const std::string& op, const std::string& name,
                            const std::vector<std::string>& inputs, const std::string& output);

  /// Equal models give equal bytes. Throws std::invalid_argument for more than a file of protobuf can hold.
  void write(std::ostream& stream) const;

 private:
  template <typename T>
  std::string add_constant(const std::string& name, const Dims& dims, const std::vector<T>& values,
                           onnx::TensorProto::DataType type);

  onnx::ModelProto model_;
  std::set<std::string> names_, node_names_;
};

}  // namespace bitbalance::onnx_io
