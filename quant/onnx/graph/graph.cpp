#include "quant/onnx/graph/graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

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

OnnxGraph::OnnxGraph(OnnxModel& model, std::string name) : model_(model) {
  network_.name = std::move(name);
  for (onnx::TensorProto& tensor : model.initializers()) stored_constants_[tensor.name()] = &tensor;
  for (const auto& [input, constant] : model.fixed_inputs()) {
    stored_ += static_cast<std::int64_t>(constant.tensor.values.size());
    values_[input] = {-1, constant.tensor.dims, constant.tensor.values, constant.type};
  }
  const Dims input = model.input_dims();
  const std::string& input_name = model.input().name();
  network_.input = 0;
  network_.input_dims = input;
  network_.input_type = model.input().type().tensor_type().elem_type();
  network_.tensors.push_back({tensor_names_.take(input_name), shape_of(input)});
  values_[input_name] = {network_.input, input, {}, model.input().type().tensor_type().elem_type()};
}

Network OnnxGraph::run(void (*import)(OnnxGraph&, const NodeProto&),
                       void (*finish)(OnnxGraph&, const std::string& output)) {
  import_ = import;
  import_nodes(model_.nodes());
  for (const onnx::ValueInfoProto& output : model_.graph().output()) {
    finish(*this, output.name());
    const OnnxValue* found = find(output.name());
    const bool is_input = found != nullptr && found->tensor == network_.input;
    if (found == nullptr || found->tensor < 0 || is_input) {
      model_.fail(fmt::format(
          "output '{}' {}; accepted: what is computed from the input (network.outputs chooses among several)",
          output.name(), is_input ? "is the input" : "does not depend on the input"));
    }
    network_.outputs.push_back({output.name(), found->tensor, found->dims, found->type});
  }
  network_.output = network_.outputs.front().tensor;
  return without_unread(std::move(network_));
}

void OnnxGraph::import_nodes(const std::vector<const NodeProto*>& nodes) {
  for (const NodeProto* node : nodes) {
    const NodeProto* around = model_.set_imported(node);
    load_constants(*node);
    if (model_.fixed_batch() == 1) {
      infer(*node);
      import_(*this, *node);
    } else {
      import_for_one(*node);
    }
    keep_new_layers(*node);
    release_constants(*node);
    model_.set_imported(around);
  }
}

std::vector<std::vector<std::string>> OnnxGraph::import_branches(const NodeProto& node,
                                                                 const std::vector<const char*>& attributes) {
  std::vector<std::vector<std::string>> results;
  for (OnnxBranch* branch : model_.enter(node, attributes)) {
    import_graph(*branch);
    results.push_back(branch->results);
  }
  return results;
}

void OnnxGraph::import_graph(OnnxBranch& graph) {
  for (onnx::TensorProto& tensor : *graph.graph.mutable_initializer())
    stored_constants_[tensor.name()] = &tensor;
  import_nodes(graph.nodes);
  for (const std::string& result : graph.results) load_constant(result, IntegersAs::kExact);
}

std::vector<std::string> OnnxGraph::import_body(const NodeProto& node, const std::vector<OnnxValue>& inputs,
                                                const std::vector<bool>& wanted) {
  const std::int64_t stored = stored_;
  OnnxBranch& body = model_.enter_body(node, inputs.size(), wanted);
  for (std::size_t i = 0; i < inputs.size(); ++i) name_value(body.inputs[i], inputs[i]);
  import_graph(body);
  // The file holds them once; the first of its steps counts as that.
  if (!bodies_.insert(first_output(node)).second) {
    keep(node, stored_ - stored);
    stored_ = stored;
  }
  return body.results;
}

void OnnxGraph::keep_new_layers(const NodeProto& node) {
  for (; kept_layers_ < network_.nodes.size(); ++kept_layers_) {
    const Node& layer = network_.nodes[kept_layers_];
    keep(node, static_cast<std::int64_t>(layer.weights.size() + layer.scale.size() + layer.bias.size()));
    for (const HostOperator& step : layer.host.steps) {
      for (const HostOperand& operand : step.operands)
        keep(node, static_cast<std::int64_t>(operand.constant.values.size()));
    }
  }
}

void OnnxGraph::load_constants(const NodeProto& node) {
  // A sum that stands for a number may be beyond what a float tells apart; a shape or an index may not.
  const bool dequantizes = node.op_type() == "DequantizeLinear" || node.op_type() == "QLinearConv";
  for (const std::string& name : node.input())
    load_constant(name, dequantizes ? IntegersAs::kRounded : IntegersAs::kExact);
}

void OnnxGraph::load_constant(const std::string& name, IntegersAs integers) {
  const auto stored = stored_constants_.find(name);
  if (stored == stored_constants_.end()) return;
  onnx::TensorProto tensor;
  tensor.Swap(stored->second);
  stored_constants_.erase(stored);
  OnnxConstant constant = model_.constant(tensor, integers);
  stored_ += static_cast<std::int64_t>(constant.tensor.values.size());
  values_[name] = {-1, std::move(constant.tensor.dims), std::move(constant.tensor.values), constant.type};
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
  // The nodes of inner graphs are inferred one by one, and ONNX 1.12 lets no ellipsis broadcast.
  static const std::set<std::string> ours = {"Einsum", "If", "Loop", "Scan"};
  // It does not know that windows are dropped since operator set 22.
  constexpr std::int64_t kDropsWindows = 22;
  const bool may_drop = model_.opset() >= kDropsWindows && int_attribute(node, "ceil_mode", 0) != 0;
  const bool is_ours = may_drop || ours.count(node.op_type()) != 0;
  if (is_ours || (is_newer_than_official(node.op_type(), model_.opset()) && !fits_official(node))) return;
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
void OnnxGraph::check_room(const NodeProto& source, std::int64_t elements) const {
  constexpr std::int64_t kAlways = std::int64_t{1} << 28;
  constexpr std::int64_t kPerStored = 8;
  if (const std::int64_t most = kAlways + kPerStored * stored_; elements > most - kept_) {
    model_.fail(source, fmt::format("constants derived from the file's grow to {} elements; accepted: {}",
                                    kept_ + std::min(elements, INT64_MAX - kept_), most));
  }
}

void OnnxGraph::check_indices(const NodeProto& source, std::int64_t extent) const {
  if (extent > kExactInteger)
    model_.fail(source, fmt::format("indices of an extent of {}; accepted: up to {}", extent, kExactInteger));
}

void OnnxGraph::keep(const NodeProto& source, std::int64_t elements) {
  check_room(source, elements);
  kept_ += elements;
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
  if (extents[0] != 1) model_.fail_batch(node, fmt::format("batch is {}; accepted: 1", extents[0]));
  const Shape wanted{static_cast<int>(extents[1]),
                     static_cast<int>(element_count(extents, 2, extents.size() - 1)),
                     static_cast<int>(extents.back())};
  return seen_as(node, name, wanted, " (image)");
}

int OnnxGraph::features(const NodeProto& node, const std::string& name) {
  const Dims& extents = known(node, name).dims;
  const std::string problem = fmt::format("input shape is {}; accepted: 1 x features", to_string(extents));
  if (extents.size() != 2) model_.fail(node, problem);
  if (extents[0] != 1) model_.fail_batch(node, problem);
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
    model_.fail(node, fmt::format("input '{}': {} values; accepted: {}", node.input(index), found.size(),
                                  channels == 1 ? "1" : fmt::format("{}, one per channel", channels)));
  }
  return found;
}

}  // namespace bitbalance::onnx_io
