#include "quant/onnx/graph/graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "quant/host/product.h"
#include "quant/onnx/file/official.h"
#include "quant/onnx/file/signatures.h"

namespace bitbalance::onnx_io {

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

std::string UniqueNames::take(const std::string& name) {
  int& last = last_[name];
  if (last == 0 && taken_.insert(name).second) {
    last = 1;
    return name;
  }
  for (last = std::max(last, 1);;) {
    std::string unique = fmt::format("{}_{}", name, ++last);
    if (taken_.insert(unique).second) return unique;
  }
}

namespace {

bool fits(const Dims& dims, const Dims& expected) {
  if (dims.size() != expected.size()) return false;
  for (std::size_t d = 0; d < dims.size(); ++d)
    if (expected[d] >= 0 && expected[d] != dims[d]) return false;
  return true;
}

}  // namespace

OnnxGraph::OnnxGraph(const OnnxModel& model, std::string name) : model_(model) {
  network_.name = std::move(name);
  for (const onnx::TensorProto& tensor : model.graph().initializer())
    stored_constants_[tensor.name()] = &tensor;
  const Dims input = model.input_dims();
  const std::string& input_name = model.input().name();
  network_.input = 0;
  network_.tensors.push_back({tensor_names_.take(input_name), shape_of(input)});
  values_[input_name] = {network_.input, input, {}, model.input().type().tensor_type().elem_type()};
}

Network OnnxGraph::run(void (*import)(OnnxGraph&, const NodeProto&)) {
  for (const NodeProto* node : model_.nodes()) {
    load_constants(*node);
    import_node(*node, import);
    release_constants(*node);
  }
  const std::string& output = model_.graph().output(0).name();
  const OnnxValue* found = find(output);
  if (found == nullptr || found->tensor < 0)
    model_.fail(fmt::format("output '{}' does not depend on the input", output));
  network_.output = found->tensor;
  Network network = without_unread(std::move(network_));
  if (network.nodes.empty()) model_.fail("holds no layer; accepted: at least one");
  return network;
}

void OnnxGraph::import_node(const NodeProto& node, void (*import)(OnnxGraph&, const NodeProto&)) {
  infer(node);
  const std::size_t first = network_.nodes.size();
  import(*this, node);
  for (std::size_t n = first; n < network_.nodes.size(); ++n) {
    const Node& layer = network_.nodes[n];
    keep(node, layer.weights.size() + layer.scale.size() + layer.bias.size());
    for (const HostOperator& step : layer.host.steps)
      for (const HostOperand& operand : step.operands) keep(node, operand.constant.values.size());
  }
}

void OnnxGraph::load_constants(const NodeProto& node) {
  for (const std::string& name : node.input()) {
    const auto stored = stored_constants_.find(name);
    if (stored == stored_constants_.end()) continue;
    OnnxConstant constant = model_.constant(*stored->second);
    stored_constants_.erase(stored);
    stored_ += static_cast<std::int64_t>(constant.tensor.values.size());
    values_[name] = {-1, std::move(constant.tensor.dims), std::move(constant.tensor.values), constant.type};
  }
}

// A large constant lives until its last reader has taken what it needs; small ones may belong to an idiom
// that a later node completes.
void OnnxGraph::release_constants(const NodeProto& node) {
  constexpr std::size_t kSmall = 1024;
  for (const std::string& name : node.input()) {
    const auto found = values_.find(name);
    if (found == values_.end() || found->second.tensor >= 0 || found->second.constant.size() <= kSmall)
      continue;
    const auto [waiting, is_first] = waiting_.try_emplace(name, model_.readers(name));
    if (--waiting->second == 0) values_.erase(found);
  }
}

// What the official library makes of the outputs, given all that is known of the inputs.
void OnnxGraph::infer(const NodeProto& node) {
  constexpr std::size_t kFew = 1024;
  inferred_.clear();
  const bool is_other_batch =
      model_.fixed_batch() != 1 && node.op_type() == "Reshape";  // its shape has the file's
  if (is_other_batch || (is_newer_than_official(node.op_type(), model_.opset()) && !fits_official(node)))
    return;
  std::vector<OfficialInput> inputs(node.input_size());
  for (int i = 0; i < node.input_size(); ++i) {
    if (!has_input(node, i)) continue;
    const OnnxValue& value = this->value(node, i);
    inputs[i] = official_input(value.type, value.dims);
    if (value.tensor < 0 && value.constant.size() <= kFew) set_data(inputs[i], value.constant);
  }
  try {
    const std::vector<onnx::TypeProto> types = official_types(node, model_.opset(), inputs);
    for (int i = 0; i < node.output_size(); ++i) inferred_[node.output(i)] = types[i];
  } catch (const std::invalid_argument& error) {
    model_.fail(node, error.what());
  } catch (const std::exception& error) {
    model_.fail(node, fmt::format("shape inference: {}", error.what()));
  }
}

// A small file may ask for much: constants that are filled, repeated or read by many nodes.
void OnnxGraph::keep(const NodeProto& source, std::size_t elements) {
  constexpr std::int64_t kAlways = std::int64_t{1} << 24;
  constexpr std::int64_t kPerStored = 8;
  kept_ += static_cast<std::int64_t>(elements);
  if (const std::int64_t most = kAlways + kPerStored * stored_; kept_ > most) {
    model_.fail(source, fmt::format("constants derived from the file's grow to {} elements; accepted: {}",
                                    kept_, most));
  }
}

bool OnnxGraph::has_input(const NodeProto& node, int index) {
  return index < node.input_size() && !node.input(index).empty();
}

const OnnxValue* OnnxGraph::find(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

const OnnxValue& OnnxGraph::known(const NodeProto& node, const std::string& name) const {
  const OnnxValue* found = find(name);
  if (found == nullptr)
    model_.fail(node, fmt::format("input '{}' is not known; accepted: results of nodes, constants", name));
  return *found;
}

int OnnxGraph::activation(const NodeProto& node, const std::string& name) const {
  const int tensor = known(node, name).tensor;
  if (tensor < 0)
    model_.fail(node, fmt::format("input '{}' is a constant; accepted: a result of the network", name));
  return tensor;
}

int OnnxGraph::image(const NodeProto& node, const std::string& name) {
  const Dims& extents = known(node, name).dims;
  if (extents.size() < 3) {
    model_.fail(
        node, fmt::format("input shape is {}; accepted: 1 x channels x height x width", to_string(extents)));
  }
  if (extents[0] != 1) model_.fail(node, fmt::format("batch is {}; accepted: 1", extents[0]));
  const Shape wanted{static_cast<int>(extents[1]),
                     static_cast<int>(element_count(extents, 2, extents.size() - 1)),
                     static_cast<int>(extents.back())};
  return seen_as(node, name, wanted, " (image)");
}

int OnnxGraph::features(const NodeProto& node, const std::string& name) {
  const Dims& extents = known(node, name).dims;
  if (extents.size() != 2 || extents[0] != 1)
    model_.fail(node, fmt::format("input shape is {}; accepted: 1 x features", to_string(extents)));
  return seen_as(node, name, {static_cast<int>(extents[1]), 1, 1}, " (features)");
}

int OnnxGraph::seen_as(const NodeProto& node, const std::string& name, const Shape& wanted,
                       const char* suffix) {
  const int tensor = activation(node, name);
  if (wanted == shape(tensor)) return tensor;
  HostOperator view;
  view.type = "Identity";
  return add_host(node, std::move(view), tensor, known(node, name).dims, name + suffix, wanted);
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
    model_.fail(node, fmt::format("input '{}': {} values; accepted: {}, one per channel", node.input(index),
                                  found.size(), channels));
  }
  return found;
}

void OnnxGraph::define(const NodeProto& source, const std::string& name, OnnxValue value) {
  model_.check_declared(source, name, value.dims);
  if (const auto found = inferred_.find(name); found != inferred_.end()) {
    const onnx::TypeProto_Tensor& type = found->second.tensor_type();
    if (type.elem_type() != onnx::TensorProto::UNDEFINED) value.type = type.elem_type();
    if (type.has_shape() && !fits(value.dims, extents_of(type))) {
      model_.fail(source, fmt::format("output '{}' is {}; ONNX shape inference says {}", name,
                                      to_string(value.dims), to_string(extents_of(type))));
    }
  }
  if (value.type == onnx::TensorProto::UNDEFINED) {
    const OnnxValue* first = source.input_size() == 0 ? nullptr : find(source.input(0));
    value.type = first == nullptr ? onnx::TensorProto::FLOAT : first->type;
  }
  if (!is_accepted(value.type)) {
    model_.fail(source, fmt::format("output '{}': element type is {}; accepted: {}", name,
                                    name_of(value.type), accepted_types()));
  }
  if (value.tensor < 0) {
    constexpr std::int64_t kExact = std::int64_t{1} << 24, kUnbounded = std::int64_t{1} << 31;
    keep(source, value.constant.size());
    for (const double x : value.constant) {  // double tells all digits
      if (!is_real(value.type) &&
          (x != std::trunc(x) || (std::abs(x) > kExact && std::abs(x) < kUnbounded))) {
        model_.fail(source, fmt::format("output '{}' is {}; accepted: integers up to {}, or beyond {}", name,
                                        x, kExact, kUnbounded));
      }
    }
  }
  values_[name] = std::move(value);
}

Node& OnnxGraph::add_layer(const NodeProto& source, Op op, int input, const Shape& output, Dims dims) {
  Node node;
  node.name = layer_name(source);
  node.op = op;
  node.input = input;
  node.output = new_tensor(source, source.output(0), output, dims);
  define(source, source.output(0), {node.output, std::move(dims), {}, onnx::TensorProto::UNDEFINED});
  return network_.nodes.emplace_back(std::move(node));
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

OnnxValue OnnxGraph::compute(const NodeProto& source, const std::string& layer, HostOperator op,
                             const std::vector<const OnnxValue*>& operands, const std::string& output) {
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
