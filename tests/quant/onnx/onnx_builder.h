// Small ONNX files for importer tests, written through protobuf.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <string>
#include <vector>

#include "quant/ir/network.h"
#include "quant/onnx/write/writer.h"  // set_attribute()
#include "tests/support/names.h"

namespace bitbalance::test {

class OnnxBuilder {
 public:
  /// A model with the float input "x" and the float output "y" of as many dimensions. Extent -1 is the symbol
  /// "n".
  explicit OnnxBuilder(const std::vector<std::int64_t>& input_dims, std::int64_t opset = 13);

  OnnxBuilder& output_rank(int dimensions);

  OnnxBuilder& constant(const std::string& name, const std::vector<std::int64_t>& dims,
                        const std::vector<float>& values);
  OnnxBuilder& constant(const std::string& name, const std::vector<std::int64_t>& integers);

  /// Little-endian bytes of any element type.
  OnnxBuilder& raw_constant(const std::string& name, int type, const std::vector<std::int64_t>& dims,
                            const std::string& bytes);

  /// Adds a node named "node" followed by its number from 1, unless a test renames it.
  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::string& output);

  /// A Cast to an element type of TensorProto.
  OnnxBuilder& cast(const std::string& input, const std::string& output, int type);

  onnx::ModelProto& model() { return model_; }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }
  const onnx::GraphProto& graph() const { return model_.graph(); }

  /// Writes a file and imports it.
  Network import(const Dims& input_shape = {}) const;
  /// Imports and evaluates one image.
  std::vector<float> run(const std::vector<float>& image) const;
  /// The message with which the import is refused, checked to name the file in one line, and no node that
  /// the file does not have.
  std::string refusal(const Dims& input_shape = {}) const;

 private:
  onnx::ModelProto model_;
};

/// set_attribute() of an integer, whatever the type of the number.
void set_integer(onnx::NodeProto& node, const std::string& name, std::int64_t value);

/// A node without a name, of any graph.
onnx::NodeProto& add_node(onnx::GraphProto& graph, const std::string& op,
                          const std::vector<std::string>& inputs, const std::string& output);
/// The graph of an attribute: a branch, or the body of a loop.
onnx::GraphProto& add_graph(onnx::NodeProto& node, const std::string& attribute);
/// Name and element type of an input or output.
void declare(onnx::ValueInfoProto& value, const std::string& name, int type);

/// The network of a serialized model.
Network import_bytes(const std::string& bytes, const Dims& input_shape = {});
/// The message with which these bytes are refused as a file.
std::string refusal_of_bytes(const std::string& bytes, const Dims& input_shape = {});
/// "node 'NAME' (OP): " of a message where the graph has no such node; empty: it has, or none is named.
std::string strange_node(const onnx::GraphProto& graph, const std::string& message);

}  // namespace bitbalance::test
