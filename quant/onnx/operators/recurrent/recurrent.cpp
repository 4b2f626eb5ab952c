// RNN, LSTM and GRU: their extents, and which of their results somebody reads.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "quant/onnx/graph/graph.h"
#include "quant/onnx/operators/recurrent/recurrence.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

constexpr std::int64_t kMostSteps = 256;

bool is_batch_first(const NodeProto& node) {
  return int_attribute(node, "layout", 0) != 0;
}

/// Functions f, g, h of one direction.
std::vector<std::string> usual_activations(const NodeProto& node) {
  if (node.op_type() == "RNN") return {"Tanh"};
  if (node.op_type() == "GRU") return {"Sigmoid", "Tanh"};
  return {"Sigmoid", "Tanh", "Tanh"};
}

/// Empty: all sequences have all steps.
std::vector<std::int64_t> lengths_of(const OnnxGraph& graph, const NodeProto& node, std::int64_t steps,
                                     std::int64_t batch) {
  std::vector<std::int64_t> lengths;
  if (!OnnxGraph::has_input(node, 4)) return lengths;
  for (const float length : graph.per_channel(node, 4, static_cast<int>(batch)))
    lengths.push_back(to_integer(length));
  const auto fits = [steps](std::int64_t length) { return length >= 1 && length <= steps; };
  if (!std::all_of(lengths.begin(), lengths.end(), fits)) {
    graph.model().fail(node,
                       fmt::format("sequences of {} steps; accepted: 1 to {}", to_string(lengths), steps));
  }
  return lengths;
}

RecurrentExtents extents_of(const OnnxGraph& graph, const NodeProto& node) {
  const auto require = [&](bool is_met, const std::string& found, const std::string& accepted) {
    if (!is_met) graph.model().fail(node, found + "; accepted: " + accepted);
  };
  const std::string& op = node.op_type();
  const Dims &x = graph.dims(node, 0), &w = graph.dims(node, 1), &r = graph.dims(node, 2);
  // onnxruntime leaves the cell as it is, which is the input of a function, too.
  require(op != "LSTM" || find_attribute(node, "clip") == nullptr, "clip is set",
          "none, as the standard's text and onnxruntime read it differently");
  const float clip = float_attribute(node, "clip", 1);
  require(clip > 0 && std::isfinite(clip), fmt::format("clip is {}", clip), "above 0");
  const std::int64_t gates = op == "LSTM" ? 4 : op == "GRU" ? 3 : 1;
  const bool are_weights = x.size() == 3 && w.size() == 3 && r.size() == 3 && w[0] == r[0] && w[2] == x[2] &&
                           w[1] == gates * r[2] && r[1] == w[1];
  require(are_weights, fmt::format("input {}, weights {} and {}", to_string(x), to_string(w), to_string(r)),
          fmt::format(
              "steps x batch x inputs, directions x {0} hidden x inputs, directions x {0} hidden x hidden",
              gates));
  const std::int64_t steps = x[is_batch_first(node) ? 1 : 0], batch = x[is_batch_first(node) ? 0 : 1];
  require(steps <= kMostSteps, fmt::format("{} steps", steps), fmt::format("up to {}", kMostSteps));
  const std::string direction = string_attribute(node, "direction", "forward");
  require(direction == "forward" || direction == "reverse" || direction == "bidirectional",
          "direction is '" + direction + "'", "forward, reverse, bidirectional");
  const std::int64_t directions = direction == "bidirectional" ? 2 : 1;
  require(w[0] == directions, fmt::format("weights of {} directions", w[0]), std::to_string(directions));
  return {steps, batch, x[2], r[2], directions, lengths_of(graph, node, steps, batch)};
}

OnnxValue reordered(Spelling& words, const OnnxValue& x, const std::vector<std::int64_t>& order) {
  HostAttributes perm;
  perm.integers["perm"] = order;
  return words.step("Transpose", {x}, perm);
}

/// A state that the node is given, directions first; zeros where it is left out.
OnnxValue given_state(const OnnxGraph& graph, const NodeProto& node, Spelling& words,
                      const RecurrentExtents& extents, int index) {
  const Dims dims = {extents.directions, extents.batch, extents.hidden};
  if (!OnnxGraph::has_input(node, index)) {
    return {-1, dims, std::vector<float>(element_count(dims), 0.0F), onnx::TensorProto::FLOAT};
  }
  const OnnxValue& given = graph.value(node, index);
  const Dims expected = is_batch_first(node) ? Dims{dims[1], dims[0], dims[2]} : dims;
  if (given.dims != expected) {
    graph.model().fail(node, fmt::format("state '{}' is {}; accepted: {}", node.input(index),
                                         to_string(given.dims), to_string(expected)));
  }
  return is_batch_first(node) ? reordered(words, given, {1, 0, 2}) : given;
}

/// Y, every step's hidden state, then the last hidden state and the last cell: those that somebody reads.
void recurrent(OnnxGraph& graph, const NodeProto& node) {
  const RecurrentExtents extents = extents_of(graph, node);
  graph.check_room(node, extents.directions * extents.steps * element_count(graph.dims(node, 2), 1));
  const std::vector<std::string> usual = usual_activations(node);
  const std::vector<Activation> activations = activations_of(graph, node, usual, extents.directions);
  const bool begins_backward = string_attribute(node, "direction", "forward") == "reverse";
  Spelling words(graph, node);
  Recurrence::Inputs inputs = {graph.value(node, 0), given_state(graph, node, words, extents, 5), {}};
  if (is_batch_first(node)) inputs.x = reordered(words, inputs.x, {1, 0, 2});
  if (node.op_type() == "LSTM") inputs.cell = given_state(graph, node, words, extents, 6);
  std::vector<std::vector<OnnxValue>> hidden;
  std::vector<RecurrentState> last(static_cast<std::size_t>(extents.directions));
  hidden.reserve(static_cast<std::size_t>(extents.directions));
  const auto each = static_cast<std::ptrdiff_t>(usual.size());
  for (int d = 0; d < extents.directions; ++d) {
    const auto first = activations.begin() + d * each;
    hidden.push_back(Recurrence(graph, node, words, extents, {first, first + each}, d)
                         .run(inputs, begins_backward || d == 1, last[static_cast<std::size_t>(d)]));
  }
  const auto give = [&](int index, const std::vector<OnnxValue>& rows, Dims dims,
                        const std::vector<std::int64_t>& order) {
    if (node.output_size() <= index || graph.model().readers(node.output(index)) == 0) return;
    HostAttributes axis;
    axis.integers["axis"] = {0};
    OnnxValue all = words.step("Concat", rows, axis);
    all.dims = std::move(dims);
    if (is_batch_first(node)) all = reordered(words, all, order);
    all.type = onnx::TensorProto::FLOAT;
    graph.define(node, node.output(index), std::move(all));
  };
  std::vector<OnnxValue> steps, states, cells;
  for (std::size_t t = 0; t < hidden[0].size(); ++t)
    for (const std::vector<OnnxValue>& direction : hidden) steps.push_back(direction[t]);
  for (const RecurrentState& state : last) {
    states.push_back(state.hidden);
    cells.push_back(state.cell);
  }
  give(0, steps, {extents.steps, extents.directions, extents.batch, extents.hidden}, {2, 0, 1, 3});
  give(1, states, {extents.directions, extents.batch, extents.hidden}, {1, 0, 2});
  give(2, cells, {extents.directions, extents.batch, extents.hidden}, {1, 0, 2});
}

}  // namespace

OnnxHandlers recurrent_handlers() {
  return {{"GRU", recurrent}, {"LSTM", recurrent}, {"RNN", recurrent}};
}

}  // namespace bitbalance::onnx_io
