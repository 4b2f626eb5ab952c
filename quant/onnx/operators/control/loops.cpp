// Loop and Scan: their body stands in the place of the node, once for each step. How many there are the file
// and the extents must say.
#include <fmt/format.h>

#include <algorithm>

#include "quant/onnx/graph/graph.h"
#include "quant/onnx/graph/spelling.h"
#include "quant/onnx/operators/numbers/quantized.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

constexpr std::int64_t kMostSteps = 256;

bool is_read(const OnnxGraph& graph, const NodeProto& node, int output) {
  return output < node.output_size() && graph.model().readers(node.output(output)) != 0;
}

/// Integers of a quantized file stay what they are: of all steps the same numbers stand for them, or they are
/// computed in each.
std::optional<Quantization> quantization_of(OnnxGraph& graph, const NodeProto& node, int output,
                                            std::vector<OnnxValue>& parts) {
  const std::optional<Quantization> first = parts.front().quantization;
  const bool is_one =
      first && std::all_of(parts.begin(), parts.end(), [&](const OnnxValue& part) {
        return part.quantization && *part.quantization == *first && part.type == parts[0].type;
      });
  for (OnnxValue& part : parts) {
    if (!part.measured.by.empty()) {
      graph.model().fail(node,
                         fmt::format("collects for output '{}' what has a scale that is measured in each "
                                     "step; accepted: its product with the scale",
                                     node.output(output)));
    }
    if (!is_one && part.quantization) part = as_integers(graph, node, part);
  }
  return is_one ? first : std::nullopt;
}

/// What every step gives for one of the node's outputs, along a new dimension.
void stack(OnnxGraph& graph, const NodeProto& node, Spelling& words, int output, std::vector<OnnxValue> parts,
           std::int64_t axis) {
  const std::optional<Quantization> quantization = quantization_of(graph, node, output, parts);
  const Dims dims = parts.front().dims;
  const std::size_t at = normal_axis(axis, dims.size() + 1);
  for (OnnxValue& part : parts) {
    if (part.dims != dims) {
      graph.model().fail(node, fmt::format("steps give {} and {} for output '{}'; accepted: equal extents",
                                           to_string(dims), to_string(part.dims), node.output(output)));
    }
    part.dims.insert(part.dims.begin() + static_cast<std::ptrdiff_t>(at), 1);
  }
  HostAttributes along;
  along.integers["axis"] = {static_cast<std::int64_t>(at)};
  const ElementType type = parts.front().type;
  OnnxValue all = words.step("Concat", parts, along);
  all.type = type;
  all.quantization = quantization;
  graph.define(node, node.output(output), std::move(all));
}

/// Both kinds of loop: values that go from step to step, and what is collected of all steps.
class Steps {
 public:
  Steps(OnnxGraph& graph, const NodeProto& node, int carried, bool has_condition)
      : graph_(graph),
        node_(node),
        carried_(carried),
        has_condition_(has_condition),
        collected_(static_cast<std::size_t>(std::max(0, node.output_size() - carried))) {}

  /// One step; gives the body's own condition, if it has one.
  bool run(const std::vector<OnnxValue>& inputs) {
    if (count_++ == kMostSteps)
      graph_.model().fail(node_, fmt::format("has more than {} steps; accepted: up to that", kMostSteps));
    const int first = has_condition_ ? 1 : 0;
    std::vector<bool> wanted(static_cast<std::size_t>(first + carried_), true);
    for (int i = carried_; i < node_.output_size(); ++i) wanted.push_back(is_read(graph_, node_, i));
    const std::vector<std::string> results = graph_.import_body(node_, inputs, wanted);
    const auto result = [&](int i) { return graph_.known(node_, results[static_cast<std::size_t>(i)]); };
    values_.clear();
    for (int i = 0; i < carried_; ++i) values_.push_back(result(first + i));
    for (std::size_t i = 0; i < collected_.size(); ++i) {
      const int at = carried_ + static_cast<int>(i);
      if (is_read(graph_, node_, at)) collected_[i].push_back(result(first + at));
    }
    if (!has_condition_) return true;
    const OnnxValue goes_on = result(0);
    if (goes_on.tensor >= 0 || goes_on.constant.size() != 1) {
      graph_.model().fail(node_,
                          "the image decides how many steps there are; accepted: a number of steps and a "
                          "condition of constants, extents and network.fixed_inputs");
    }
    return goes_on.constant[0] != 0;
  }

  std::vector<OnnxValue>& values() { return values_; }
  std::vector<std::vector<OnnxValue>>& collected() { return collected_; }

 private:
  OnnxGraph& graph_;
  const NodeProto& node_;
  const int carried_;
  const bool has_condition_;
  std::int64_t count_ = 0;
  std::vector<OnnxValue> values_;
  std::vector<std::vector<OnnxValue>> collected_;  ///< of each output, step by step
};

void give(OnnxGraph& graph, const NodeProto& node, Steps& steps, const std::vector<std::int64_t>& axes) {
  Spelling words(graph, node);
  const auto carried = static_cast<int>(steps.values().size());
  for (int i = 0; i < carried; ++i) {
    if (is_read(graph, node, i))
      graph.define(node, node.output(i), steps.values()[static_cast<std::size_t>(i)]);
  }
  for (std::size_t i = 0; i < steps.collected().size(); ++i) {
    const int at = carried + static_cast<int>(i);
    if (!is_read(graph, node, at)) continue;
    if (steps.collected()[i].empty()) {
      graph.model().fail(
          node, fmt::format("has no step that gives output '{}'; accepted: one or more", node.output(at)));
    }
    stack(graph, node, words, at, steps.collected()[i], i < axes.size() ? axes[i] : 0);
  }
}

/// M, the condition, and values that go from step to step; the body has the step's number before them.
void loop(OnnxGraph& graph, const NodeProto& node) {
  const auto known = [&](int index, std::int64_t fallback) {
    return OnnxGraph::has_input(node, index) ? to_integer(graph.per_channel(node, index, 1)[0]) : fallback;
  };
  const std::int64_t most = known(0, INT64_MAX);
  bool goes_on = known(1, 1) != 0;
  const int carried = std::max(0, node.input_size() - 2);
  if (carried > node.output_size()) {
    graph.model().fail(node, fmt::format("{} outputs of {} values; accepted: one each, or more",
                                         node.output_size(), carried));
  }
  Steps steps(graph, node, carried, true);
  for (int i = 0; i < carried; ++i) steps.values().push_back(graph.value(node, i + 2));
  for (std::int64_t step = 0; goes_on && step < most; ++step) {
    std::vector<OnnxValue> inputs = {{-1, {}, {static_cast<float>(step)}, onnx::TensorProto::INT64},
                                     {-1, {}, {1}, onnx::TensorProto::BOOL}};
    inputs.insert(inputs.end(), steps.values().begin(), steps.values().end());
    goes_on = steps.run(inputs);
  }
  give(graph, node, steps, {});
}

/// One number for each of `count`, of a list that may be left out.
std::vector<std::int64_t> one_each(const OnnxGraph& graph, const NodeProto& node, const char* name,
                                   std::size_t count) {
  std::vector<std::int64_t> list = ints_attribute(node, name, std::vector<std::int64_t>(count, 0));
  if (list.size() != count)
    graph.model().fail(node, fmt::format("{} is {}; accepted: {} numbers", name, to_string(list), count));
  return list;
}

/// The part of a sequence that a step reads.
OnnxValue part_of(Spelling& words, const OnnxValue& sequence, std::size_t axis, std::int64_t at) {
  HostAttributes range;
  range.integers = {{"axes", {static_cast<std::int64_t>(axis)}}, {"starts", {at}}, {"ends", {at + 1}}};
  OnnxValue part = words.step("Slice", {sequence}, range);
  part.dims.erase(part.dims.begin() + static_cast<std::ptrdiff_t>(axis));
  return part;
}

void scan(OnnxGraph& graph, const NodeProto& node) {
  const std::int64_t sequences = int_attribute(node, "num_scan_inputs", 0);
  if (sequences < 1 || sequences > node.input_size()) {
    graph.model().fail(node, fmt::format("num_scan_inputs is {}; accepted: 1 to its {} inputs", sequences,
                                         node.input_size()));
  }
  const int carried = node.input_size() - static_cast<int>(sequences);
  if (carried > node.output_size()) {
    graph.model().fail(node, fmt::format("{} outputs of {} states; accepted: one each, or more",
                                         node.output_size(), carried));
  }
  const auto count = static_cast<std::size_t>(sequences);
  const auto results = static_cast<std::size_t>(node.output_size() - carried);
  const std::vector<std::int64_t> axes = one_each(graph, node, "scan_input_axes", count);
  const std::vector<std::int64_t> directions = one_each(graph, node, "scan_input_directions", count);
  const std::vector<std::int64_t> result_axes = one_each(graph, node, "scan_output_axes", results);
  const std::vector<std::int64_t> result_directions =
      one_each(graph, node, "scan_output_directions", results);
  std::vector<OnnxValue> read;
  std::vector<std::size_t> along;
  for (std::size_t i = 0; i < count; ++i) {
    read.push_back(graph.value(node, carried + static_cast<int>(i)));
    along.push_back(normal_axis(axes[i], read[i].dims.size()));
    if (read[i].dims[along[i]] != read[0].dims[along[0]]) {
      graph.model().fail(node, fmt::format("sequences of {} and {} steps; accepted: equally many",
                                           read[0].dims[along[0]], read[i].dims[along[i]]));
    }
  }
  const std::int64_t length = read[0].dims[along[0]];
  Steps steps(graph, node, carried, false);
  for (int i = 0; i < carried; ++i) steps.values().push_back(graph.value(node, i));
  Spelling words(graph, node);
  for (std::int64_t step = 0; step < length; ++step) {
    std::vector<OnnxValue> inputs = steps.values();
    for (std::size_t i = 0; i < count; ++i)
      inputs.push_back(part_of(words, read[i], along[i], directions[i] == 0 ? step : length - 1 - step));
    steps.run(inputs);
  }
  for (std::size_t i = 0; i < results; ++i)
    if (result_directions[i] != 0) std::reverse(steps.collected()[i].begin(), steps.collected()[i].end());
  give(graph, node, steps, result_axes);
}

}  // namespace

OnnxHandlers loop_handlers() {
  return {{"Loop", loop}, {"Scan", scan}};
}

}  // namespace bitbalance::onnx_io
