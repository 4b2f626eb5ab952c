// The float network while it is being imported: which ONNX names stand for which tensors and constants, and
// the ways to add a node. What the handlers of ONNX's operators work on.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "quant/network.h"
#include "quant/onnx_model.h"

namespace bitbalance {

/// What an ONNX name stands for: a tensor of the network under extents of its own, or a constant.
struct OnnxValue {
  int tensor = -1;  ///< -1: the constant
  Dims dims;
  std::vector<float> constant;
  bool is_integer = false;
};

class OnnxGraph {
 public:
  OnnxGraph(const OnnxModel& model, std::string name);

  const OnnxModel& model() const { return model_; }
  Network finish();

  // Inputs of a node by index.
  static bool has_input(const onnx::NodeProto& node, int index);
  /// Throws std::invalid_argument for a name that stands for nothing.
  const OnnxValue& value(const onnx::NodeProto& node, int index) const;
  bool is_constant(const onnx::NodeProto& node, int index) const { return value(node, index).tensor < 0; }
  const Dims& dims(const onnx::NodeProto& node, int index) const { return value(node, index).dims; }
  /// The tensor; refuses a constant.
  int activation(const onnx::NodeProto& node, int index) const;
  /// The tensor as an image of C x H x W: of 1 x C x L the L are one row, of more dimensions the last is W
  /// and those before it are H. Another tensor where its own shape differs. Refuses other ranks and batches.
  int image(const onnx::NodeProto& node, int index);
  /// Constant, float and finite.
  const OnnxValue& floats(const onnx::NodeProto& node, int index) const;
  std::vector<float> per_channel(const onnx::NodeProto& node, int index, int channels) const;

  // Results.
  void define(const std::string& name, OnnxValue value) { values_[name] = std::move(value); }
  /// A layer that reads `input` and writes the node's first output; more fields are the caller's.
  Node& add_layer(const onnx::NodeProto& source, Op op, int input, const Shape& output, Dims dims);
  /// A host operator whose operands are the values; a constant result when all of them are constants.
  void add_host(const onnx::NodeProto& source, HostOperator op, const std::vector<const OnnxValue*>& operands,
                const std::string& output);
  /// The same for one tensor, whose result the file does not name: a layer of the tensor's name.
  int add_host(const onnx::NodeProto& source, HostOperator op, int input, const Dims& extents,
               const std::string& output, const Shape& shape);

  /// Remembers that a tensor holds the results of a convolution in another order.
  void note_product(int result, int convolution) { products_[result] = convolution; }
  /// The convolution behind such a tensor; null: none.
  Node* product(int result);
  const Shape& shape(int tensor) const { return network_.shape(tensor); }

 private:
  int new_tensor(std::string name, const Shape& shape);
  void append_host(const onnx::NodeProto& source, std::string name, HostOperator op,
                   const std::vector<const OnnxValue*>& operands, const std::string& output);
  std::string layer_name(const onnx::NodeProto& node);

  const OnnxModel& model_;
  Network network_;
  std::map<std::string, OnnxValue> values_;
  std::set<std::string> layer_names_, tensor_names_;
  std::map<int, int> products_;  ///< tensor of the results -> output of the convolution
};

/// Elements of n dimensions as an image: features of 1 x F are channels, else the last two dimensions are
/// height and width.
Shape shape_of(const Dims& dims);

/// How one ONNX operator is imported.
using OnnxHandler = void (*)(OnnxGraph&, const onnx::NodeProto&);
using OnnxHandlers = std::map<std::string, OnnxHandler>;

/// Operators that are layers of the accelerator, or become part of one.
OnnxHandlers layer_handlers();
/// Operators that change or tell extents and move no element.
OnnxHandlers shape_handlers();
/// Operators that the host computes.
OnnxHandlers host_handlers();

/// A node as a host operator, whatever it is otherwise.
void import_host_operator(OnnxGraph& graph, const onnx::NodeProto& node);

}  // namespace bitbalance
