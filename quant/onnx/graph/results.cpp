// What the handlers add to the network: results of nodes, layers, and steps on the way to them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "quant/host/operator_traits.h"
#include "quant/host/operators/product.h"
#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

using onnx::NodeProto;

namespace {

bool fits(const Dims& dims, const Dims& expected) {
  if (dims.size() != expected.size()) return false;
  for (std::size_t d = 0; d < dims.size(); ++d)
    if (expected[d] >= 0 && expected[d] != dims[d]) return false;
  return true;
}

/// Are the results elements of the operands?
bool moves_elements(const HostGraph& graph) {
  return std::all_of(graph.steps.begin(), graph.steps.end(), [](const HostOperator& step) {
    const bool has_constants = std::any_of(step.operands.begin(), step.operands.end(),
                                           [](const HostOperand& operand) { return operand.value < 0; });
    return has_trait(step.type, host::kMoves) && !has_constants;
  });
}

double largest_magnitude(const std::vector<float>& values) {
  double largest = 0;
  for (const double x : values) largest = std::max(largest, std::abs(x));
  return largest;
}

/// Refuses to compute with constant integers that floats do not tell apart.
void check_exact(const OnnxModel& model, const NodeProto& source, const std::string& op,
                 const std::vector<const OnnxValue*>& operands) {
  if (has_trait(op, host::kPassesIntegers)) return;
  double found = 0, most_sum = 1;
  int count = 0;
  bool folds = true;
  for (const OnnxValue* operand : operands) {
    folds = folds && operand->tensor < 0 && is_integer(operand->type);
    if (operand->tensor >= 0 || !is_integer(operand->type)) continue;
    const double largest = largest_magnitude(operand->constant);
    most_sum *= largest * (operand == operands.front() ? static_cast<double>(operand->constant.size()) : 1);
    if (largest <= kExactInteger) continue;
    found = largest;
    ++count;
  }
  if (folds && has_trait(op, host::kSumsProducts) && most_sum > kExactInteger) {
    found = most_sum;
    ++count;
  }
  // One beyond them is no other integer's equal.
  if (count > (has_trait(op, host::kTruth) ? 1 : 0))
    model.fail(source, fmt::format("computes with the integer {}; accepted: up to {}", found, kExactInteger));
}

}  // namespace

// A float from 2^24 on may stand for any of several integers that a node computes.
void OnnxGraph::check_integers(const NodeProto& source, const std::string& name,
                               const OnnxValue& value) const {
  const bool passes = has_trait(source.op_type(), host::kPassesIntegers);
  for (const double x : value.constant) {  // double tells all digits
    const double size = std::abs(x);
    const bool is_exact = passes ? size <= kExactInteger || size >= kUnboundedInteger : size < kExactInteger;
    const bool fits = size >= kUnboundedInteger ? std::isfinite(x) : holds(value.type, x);
    if (x == std::trunc(x) && is_exact && fits) continue;
    const std::string accepted =
        passes ? fmt::format("integers up to {}, or beyond {}", kExactInteger, kUnboundedInteger)
               : fmt::format("integers below {}", kExactInteger);
    model_.fail(source, fmt::format("output '{}' is {}; accepted: {} that fit {}", name, x, accepted,
                                    name_of(value.type)));
  }
}

void OnnxGraph::define(const NodeProto& source, const std::string& name, OnnxValue value) {
  if (model_.fixed_batch() == 1) model_.check_declared(source, name, value.dims);
  if (const auto found = inferred_.find(name); found != inferred_.end()) {
    const onnx::TypeProto_Tensor& type = found->second.tensor_type();
    if (type.elem_type() != onnx::TensorProto::UNDEFINED) value.type = type.elem_type();
    if (type.has_shape() && !fits(value.dims, extents_of(type))) {
      model_.fail(source, fmt::format("output '{}' is {}; ONNX shape inference says {}", name,
                                      to_string(value.dims), to_string(extents_of(type))));
    }
  }
  const OnnxValue* origin = source.input_size() == 0 ? nullptr : find(source.input(0));
  if (value.tensor >= 0 && origin != nullptr && has_trait(source.op_type(), host::kKeepsNumbers))
    value.quantization = origin->quantization;
  if (value.type == onnx::TensorProto::UNDEFINED) {
    value.type = origin == nullptr ? onnx::TensorProto::FLOAT : origin->type;
  }
  if (!is_accepted(value.type)) {
    model_.fail(source, fmt::format("output '{}': element type is {}; accepted: {}", name,
                                    name_of(value.type), accepted_types()));
  }
  if (value.tensor < 0) {
    keep(source, static_cast<std::int64_t>(value.constant.size()));
    if (is_integer(value.type)) check_integers(source, name, value);
  }
  values_[name] = std::move(value);
}

void OnnxGraph::define_last(const NodeProto& source, const std::string& name, OnnxValue value) {
  if (value.tensor >= 0) {
    network_.nodes.back().name = layer_name(source);
    network_.tensors[value.tensor].name = tensor_names_.take(name);
  }
  define(source, name, std::move(value));
}

void OnnxGraph::swap_names(int before, int last) {
  std::swap(network_.tensors[before].name, network_.tensors[last].name);
  if (before != network_.input) std::swap(network_.nodes[before - 1].name, network_.nodes[last - 1].name);
}

Node& OnnxGraph::add_layer(const NodeProto& source, Op op, int input, const Shape& output, Dims dims) {
  Node& node = append_layer(source, layer_name(source), op, input, output, dims, source.output(0));
  define(source, source.output(0), {node.output, std::move(dims), {}, onnx::TensorProto::UNDEFINED});
  return node;
}

Node& OnnxGraph::append_layer(const NodeProto& source, const std::string& name, Op op, int input,
                              const Shape& output, const Dims& dims, const std::string& result) {
  check_open(source, {input});
  Node node;
  node.name = name;
  node.op = op;
  node.input = input;
  node.output = new_tensor(source, result, output, dims);
  return network_.nodes.emplace_back(std::move(node));
}

OnnxValue OnnxGraph::add_affine_step(const NodeProto& source, const OnnxValue& input,
                                     std::vector<float> scale, std::vector<float> bias,
                                     const std::string& name) {
  Node& node = append_layer(source, layer_names_.take(name), Op::kAffine, input.tensor, shape(input.tensor),
                            input.dims, name);
  node.scale = std::move(scale);
  node.bias = std::move(bias);
  return {node.output, input.dims, {}, onnx::TensorProto::FLOAT};
}

OnnxValue OnnxGraph::within(const NodeProto& source, const OnnxValue& value, float low, float high,
                            float margin) {
  OnnxValue result = value;
  const ValueBounds known = range_of(value.tensor);
  const bool is_within = known.low >= low - margin && known.high <= high + margin;
  const bool is_image = value.tensor == network_.input && source.input(0) == model_.input().name() &&
                        model_.readers(source.input(0)) == 1;
  // What turns an image into integers saturates alike on both sides.
  const bool cuts_itself = is_image && std::abs(low + high) <= 2 * margin;
  if (!is_within && !cuts_itself) {
    const std::string name = source.output(0) + " (saturated)";
    Node& node = append_layer(source, layer_names_.take(name), Op::kClip, value.tensor, shape(value.tensor),
                              value.dims, name);
    node.low = low;
    node.high = high;
    result = {node.output, value.dims, {}, value.type};
  }
  network_.tensors[is_image ? value.tensor : result.tensor].bounds = ValueBounds{low, high};
  return result;
}

// The input is tensor 0, and every node has written one of its own.
const Node* OnnxGraph::writer(int tensor) const {
  return tensor == network_.input ? nullptr : &network_.nodes[tensor - 1];
}

ValueBounds OnnxGraph::range_of(int tensor, int depth) const {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr int kDeepest = 8;
  constexpr ValueBounds kAny = {-kInfinity, kInfinity};
  if (network_.tensors[tensor].bounds) return *network_.tensors[tensor].bounds;
  const Node* from = writer(tensor);
  if (from == nullptr || depth == kDeepest) return kAny;
  if (from->op == Op::kClip) return {from->low, from->high};
  const bool moves = from->op == Op::kMaxPool || from->op == Op::kConcat ||
                     (from->op == Op::kHost && moves_elements(from->host));
  if (!moves) return kAny;
  ValueBounds range = {kInfinity, -kInfinity};
  for (const int source : sources(*from)) {
    const ValueBounds of = range_of(source, depth + 1);
    range = {std::min(range.low, of.low), std::max(range.high, of.high)};
  }
  return range;
}

void OnnxGraph::add_host(const NodeProto& source, HostOperator op,
                         const std::vector<const OnnxValue*>& operands, const std::string& output) {
  const bool folds = std::all_of(operands.begin(), operands.end(),
                                 [](const OnnxValue* operand) { return operand->tensor < 0; });
  define(source, output, compute(source, folds ? "" : layer_name(source), std::move(op), operands, output));
}

OnnxValue OnnxGraph::add_step(const NodeProto& source, HostOperator op,
                              const std::vector<const OnnxValue*>& operands, const std::string& name) {
  OnnxValue result = compute(source, layer_names_.take(name), std::move(op), operands, name);
  result.type = operands.front()->type;
  return result;
}

int OnnxGraph::add_host(const NodeProto& source, HostOperator op, int input, const Dims& extents,
                        const std::string& name, const Shape& shape) {
  const OnnxValue operand = {input, extents, {}, onnx::TensorProto::UNDEFINED};
  const int tensor = compute(source, layer_names_.take(name), std::move(op), {&operand}, name).tensor;
  network_.tensors[tensor].shape = shape;
  return tensor;
}

// Of what a node reads import_node() has asked already; this is for what its inner graphs read, or it makes
// of them.
void OnnxGraph::check_open(const NodeProto& source, const std::vector<int>& read) const {
  const bool has_open =
      std::any_of(read.begin(), read.end(), [this](int tensor) { return open_.count(tensor) != 0; });
  if (has_open && !allows_open_) {
    model_.fail(source,
                "reads rows of which the image decides how many there are; accepted: operators on each "
                "row alone, or results ahead of it (network.outputs)");
  }
}

OnnxValue OnnxGraph::compute(const NodeProto& source, const std::string& layer, HostOperator op,
                             const std::vector<const OnnxValue*>& operands, const std::string& output) {
  check_exact(model_, source, op.type, operands);
  Node node;
  std::vector<int> read;
  std::vector<HostView> views;
  for (const OnnxValue* operand : operands) {
    views.emplace_back(operand->dims, operand->tensor < 0 ? operand->constant.data() : nullptr);
    if (operand->tensor < 0) continue;
    read.push_back(operand->tensor);
    node.host.inputs.push_back(operand->dims);
  }
  if (read.empty()) {
    HostTensor result = fold(source, op, views);
    return {-1, std::move(result.dims), std::move(result.values), onnx::TensorProto::UNDEFINED};
  }
  check_open(source, read);
  int next = 0;
  for (const OnnxValue* operand : operands) {
    HostOperand value;
    if (operand->tensor < 0) {
      value.constant = {operand->dims, operand->constant};
    } else {
      value.value = next++;
    }
    op.operands.push_back(std::move(value));
  }
  op.result = evaluate(op, views).dims;
  op.origin = model_.place(source);
  node.name = layer;
  node.op = Op::kHost;
  node.input = read.front();
  node.others.assign(read.begin() + 1, read.end());
  Dims dims = op.result;
  node.output = new_tensor(source, output, shape_of(dims), dims);
  node.host = HostGraph(std::move(node.host.inputs), std::move(op));
  const int tensor = node.output;
  network_.nodes.push_back(std::move(node));
  return {tensor, std::move(dims), {}, onnx::TensorProto::UNDEFINED};
}

HostTensor OnnxGraph::fold(const NodeProto& source, const HostOperator& op,
                           const std::vector<HostView>& operands) {
  constexpr std::int64_t kMost = std::int64_t{1} << 32;
  std::vector<HostView> outlines;
  std::vector<Dims> extents;
  for (const HostView& operand : operands) {
    folded_ += operand.size();
    outlines.emplace_back(operand.dims, nullptr);
    extents.push_back(operand.dims);
  }
  HostOperator outlined = op;
  outlined.result = evaluate(op, outlines).dims;
  folded_ += element_count(outlined.result) + product_macs(outlined, extents);
  if (folded_ > kMost)
    model_.fail(source, fmt::format("folding constants takes {} steps; accepted: {}", folded_, kMost));
  return evaluate(op, operands);
}

Node* OnnxGraph::product(const std::string& result) {
  const auto known = products_.find(result);
  return known == products_.end() ? nullptr : &network_.nodes[known->second];
}

int OnnxGraph::new_tensor(const NodeProto& source, const std::string& name, const Shape& shape,
                          const Dims& dims) {
  if (checked_count(dims) == 0)
    model_.fail(source, fmt::format("result is {}; accepted: extents of at least 1", to_string(dims)));
  network_.tensors.push_back({tensor_names_.take(name), shape});
  return static_cast<int>(network_.tensors.size()) - 1;
}

// Layers are named after their nodes; of PyTorch's "/scope/Operator" the scope. Made unique where the file
// does not.
std::string OnnxGraph::layer_name(const NodeProto& node) {
  const std::string& name = node.name();
  const std::string suffix = "/" + node.op_type();
  const bool is_scoped = name.size() > suffix.size() + 1 && name.front() == '/' &&
                         name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
  return layer_names_.take(is_scoped ? name.substr(1, name.size() - suffix.size() - 1) : name);
}

}  // namespace bitbalance::onnx_io
