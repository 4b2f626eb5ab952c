#include "quant/onnx_graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitbalance {

using onnx::NodeProto;

Shape shape_of(const Dims& dims) {
  if (dims.size() == 1 || (dims.size() == 2 && dims[0] == 1)) return {static_cast<int>(dims.back()), 1, 1};
  const std::size_t rank = dims.size();
  Shape shape;
  if (rank > 2) shape.channels = static_cast<int>(element_count(dims, 0, rank - 2));
  if (rank > 1) shape.height = static_cast<int>(dims[rank - 2]);
  if (rank > 1) shape.width = static_cast<int>(dims[rank - 1]);
  return shape;
}

OnnxGraph::OnnxGraph(const OnnxModel& model, std::string name) : model_(model) {
  network_.name = std::move(name);
  for (const onnx::TensorProto& tensor : model.graph().initializer()) {
    OnnxConstant constant = model.constant(tensor);
    define(tensor.name(),
           {-1, std::move(constant.tensor.dims), std::move(constant.tensor.values), constant.is_integer});
  }
  const Dims input = model.input_dims();
  network_.input = new_tensor(model.input().name(), shape_of(input));
  define(model.input().name(), {network_.input, input, {}, false});
}

Network OnnxGraph::finish() {
  if (network_.nodes.empty()) model_.fail("holds no layer; accepted: at least one");
  const std::string& output = model_.graph().output(0).name();
  const auto found = values_.find(output);
  if (found == values_.end() || found->second.tensor < 0)
    model_.fail(fmt::format("output '{}' does not depend on the input", output));
  network_.output = found->second.tensor;
  return std::move(network_);
}

bool OnnxGraph::has_input(const NodeProto& node, int index) {
  return index < node.input_size() && !node.input(index).empty();
}

const OnnxValue& OnnxGraph::value(const NodeProto& node, int index) const {
  const auto found = values_.find(node.input(index));
  if (found == values_.end()) model_.fail(node, fmt::format("input '{}' is not known", node.input(index)));
  return found->second;
}

int OnnxGraph::activation(const NodeProto& node, int index) const {
  const int tensor = value(node, index).tensor;
  if (tensor < 0) {
    model_.fail(
        node, fmt::format("input '{}' is a constant; accepted: a result of the network", node.input(index)));
  }
  return tensor;
}

int OnnxGraph::image(const NodeProto& node, int index) {
  const int tensor = activation(node, index);
  const Dims& extents = dims(node, index);
  if (extents.size() < 3) {
    model_.fail(
        node, fmt::format("input shape is {}; accepted: 1 x channels x height x width", to_string(extents)));
  }
  if (extents[0] != 1) model_.fail(node, fmt::format("batch is {}; accepted: 1", extents[0]));
  const Shape wanted{static_cast<int>(extents[1]),
                     static_cast<int>(element_count(extents, 2, extents.size() - 1)),
                     static_cast<int>(extents.back())};
  if (wanted == shape(tensor)) return tensor;
  HostOperator view;
  view.type = "Identity";
  return add_host(node, std::move(view), tensor, extents, node.input(index) + " (image)", wanted);
}

const OnnxValue& OnnxGraph::floats(const NodeProto& node, int index) const {
  const OnnxValue& found = value(node, index);
  if (found.tensor >= 0)
    model_.fail(node, fmt::format("input '{}' is computed; accepted: a constant", node.input(index)));
  for (std::size_t i = 0; i < found.constant.size(); ++i) {
    if (!std::isfinite(found.constant[i])) {
      model_.fail(node, fmt::format("input '{}': element {} is {}; accepted: finite values",
                                    node.input(index), i, found.constant[i]));
    }
  }
  return found;
}

std::vector<float> OnnxGraph::per_channel(const NodeProto& node, int index, int channels) const {
  const std::vector<float>& found = floats(node, index).constant;
  if (static_cast<int>(found.size()) != channels) {
    model_.fail(node, fmt::format("input '{}': {} values; accepted: {}, one a channel", node.input(index),
                                  found.size(), channels));
  }
  return found;
}

Node& OnnxGraph::add_layer(const NodeProto& source, Op op, int input, const Shape& output, Dims dims) {
  Node node;
  node.name = layer_name(source);
  node.op = op;
  node.input = input;
  node.output = new_tensor(source.output(0), output);
  define(source.output(0), {node.output, std::move(dims), {}, false});
  return network_.nodes.emplace_back(std::move(node));
}

void OnnxGraph::add_host(const NodeProto& source, HostOperator op,
                         const std::vector<const OnnxValue*>& operands, const std::string& output) {
  const bool folds = std::all_of(operands.begin(), operands.end(),
                                 [](const OnnxValue* operand) { return operand->tensor < 0; });
  append_host(source, folds ? "" : layer_name(source), std::move(op), operands, output);
}

void OnnxGraph::append_host(const NodeProto& source, std::string name, HostOperator op,
                            const std::vector<const OnnxValue*>& operands, const std::string& output) {
  Node node;
  std::vector<int> read;
  std::vector<HostTensor> zeros;  // stand for activations: the extents of the result do not depend on values
  std::vector<HostView> views;
  zeros.reserve(operands.size());
  bool is_constant = true, is_integer = !operands.empty();
  for (const OnnxValue* operand : operands) {
    is_integer = is_integer && operand->is_integer;
    if (operand->tensor < 0) {
      op.operands.push_back({-1, {operand->dims, operand->constant}});
      views.emplace_back(operand->dims, operand->constant.data());
      continue;
    }
    is_constant = false;
    op.operands.push_back({static_cast<int>(read.size()), {}});
    read.push_back(operand->tensor);
    node.host.inputs.push_back(operand->dims);
    zeros.emplace_back(operand->dims);
    views.emplace_back(zeros.back());
  }
  HostTensor result = evaluate(op, views);
  if (is_constant) {
    define(output, {-1, std::move(result.dims), std::move(result.values), is_integer});
    return;
  }
  if (result.values.empty())
    model_.fail(source, fmt::format("result is {}; accepted: extents of at least 1", to_string(result.dims)));
  op.result = result.dims;
  node.name = std::move(name);
  node.op = Op::kHost;
  node.input = read.front();
  node.others.assign(read.begin() + 1, read.end());
  node.host = HostGraph(std::move(node.host.inputs), std::move(op));
  node.output = new_tensor(output, shape_of(result.dims));
  define(output, {node.output, std::move(result.dims), {}, false});
  network_.nodes.push_back(std::move(node));
}

int OnnxGraph::add_host(const NodeProto& source, HostOperator op, int input, const Dims& extents,
                        const std::string& output, const Shape& shape) {
  const OnnxValue operand = {input, extents, {}, false};
  append_host(source, output, std::move(op), {&operand}, output);
  const int tensor = values_.at(output).tensor;
  network_.tensors[tensor].shape = shape;
  return tensor;
}

Node* OnnxGraph::product(int result) {
  const auto known = products_.find(result);
  if (known == products_.end()) return nullptr;
  return &*std::find_if(network_.nodes.begin(), network_.nodes.end(),
                        [&](const Node& node) { return node.output == known->second; });
}

int OnnxGraph::new_tensor(std::string name, const Shape& shape) {
  while (!tensor_names_.insert(name).second) name += '\'';
  network_.tensors.push_back({std::move(name), shape});
  return static_cast<int>(network_.tensors.size()) - 1;
}

// Layers are named after their nodes; of PyTorch's "/scope/Operator" the scope. Made unique where the file
// does not.
std::string OnnxGraph::layer_name(const NodeProto& node) {
  std::string name = node.name().empty() ? node.output(0) : node.name();
  const std::string suffix = "/" + node.op_type();
  if (name.size() > suffix.size() + 1 && name.front() == '/' &&
      name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0) {
    name = name.substr(1, name.size() - suffix.size() - 1);
  }
  std::string unique = name;
  for (int i = 2; !layer_names_.insert(unique).second; ++i) unique = fmt::format("{}_{}", name, i);
  return unique;
}

}  // namespace bitbalance
