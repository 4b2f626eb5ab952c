// LSTM and GRU, one step after the other: products with their weights are layers of the accelerator, what is
// between them runs on the host.
#include <fmt/format.h>

#include <algorithm>

#include "quant/onnx/graph/graph.h"
#include "quant/onnx/graph/spelling.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;
using Floats = std::vector<float>;

constexpr std::int64_t kMostSteps = 256;

/// Extents of a recurrent node.
struct Extents {
  std::int64_t steps, batch, inputs, hidden, directions;
};

struct State {
  OnnxValue hidden, cell;  ///< batch x hidden
};

/// The steps of one direction of a node.
class Recurrence {
 public:
  Recurrence(OnnxGraph& graph, const NodeProto& node, Spelling& words, const Extents& extents, int direction)
      : graph_(graph), node_(node), words_(words), extents_(extents), direction_(direction) {}

  /// The hidden state after each step, in the order of time, and the last state.
  std::vector<OnnxValue> run(bool is_backward, State& last) {
    const bool is_lstm = node_.op_type() == "LSTM";
    last = {initial(5), is_lstm ? initial(6) : OnnxValue()};
    const OnnxValue inputs = is_lstm ? lstm_inputs() : gru_inputs();
    std::vector<OnnxValue> hidden(static_cast<std::size_t>(extents_.steps));
    for (std::int64_t step = 0; step < extents_.steps; ++step) {
      const std::int64_t time = is_backward ? extents_.steps - 1 - step : step;
      const OnnxValue input = slice(inputs, 0, time * extents_.batch, (time + 1) * extents_.batch);
      last = is_lstm ? lstm_step(input, last) : gru_step(input, last);
      hidden[static_cast<std::size_t>(time)] = last.hidden;
    }
    return hidden;
  }

 private:
  /// This direction's share of a constant input; zeros where it is left out.
  Floats part(int index, std::int64_t count) const {
    if (!OnnxGraph::has_input(node_, index)) return Floats(static_cast<std::size_t>(count), 0.0F);
    const Floats& all = graph_.floats(node_, index).constant;
    if (static_cast<std::int64_t>(all.size()) != count * extents_.directions) {
      graph_.model().fail(node_,
                          fmt::format("input '{}' has {} elements; accepted: {} in each of {} directions",
                                      node_.input(index), all.size(), count, extents_.directions));
    }
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(direction_ * count);
    return {first, first + static_cast<std::ptrdiff_t>(count)};
  }
  static Floats rows(const Floats& of, std::int64_t first, std::int64_t end, std::int64_t columns) {
    return {of.begin() + static_cast<std::ptrdiff_t>(first * columns),
            of.begin() + static_cast<std::ptrdiff_t>(end * columns)};
  }
  OnnxValue initial(int index) {
    const std::int64_t batch = extents_.batch, hidden = extents_.hidden, all = extents_.directions * batch;
    if (!OnnxGraph::has_input(node_, index)) return constant({batch, hidden}, Floats(batch * hidden, 0.0F));
    OnnxValue given = graph_.value(node_, index);
    if (element_count(given.dims) != all * hidden) {
      graph_.model().fail(node_, fmt::format("state '{}' is {}; accepted: {} x {} x {}", node_.input(index),
                                             to_string(given.dims), extents_.directions, batch, hidden));
    }
    given.dims = {all, hidden};
    return slice(given, 0, direction_ * batch, (direction_ + 1) * batch);
  }
  static OnnxValue constant(Dims dims, Floats values) {
    return {-1, std::move(dims), std::move(values), onnx::TensorProto::FLOAT};
  }

  /// x weights^T + bias: `weights` has a row per result.
  OnnxValue product(OnnxValue x, Floats weights, Floats bias) {
    static const OnnxHandler gemm = layer_handlers().at("Gemm");
    const std::string name = fmt::format("{} (product {}{})", node_.name(), ++products_,
                                         direction_ == 0 ? "" : ", second direction");
    NodeProto node;
    node.set_name(name);
    node.set_op_type("Gemm");
    set_attribute(node, "transB", std::int64_t{1});
    const auto outputs = static_cast<std::int64_t>(bias.size()), inputs = x.dims.back();
    x.type = onnx::TensorProto::FLOAT;
    const auto give = [&](const char* role, OnnxValue value) {
      node.add_input(name + role);
      graph_.name_value(node.input(node.input_size() - 1), std::move(value));
    };
    give(" x", std::move(x));
    give(" weights", constant({outputs, inputs}, std::move(weights)));
    give(" bias", constant({outputs}, std::move(bias)));
    node.add_output(name);
    gemm(graph_, node);
    return graph_.known(node, name);
  }
  /// All steps' products with the inputs' weights, a row per step and element of the batch.
  OnnxValue input_product(std::int64_t gates, Floats bias) {
    OnnxValue x = graph_.value(node_, 0);
    x.dims = {extents_.steps * extents_.batch, extents_.inputs};
    const std::int64_t outputs = gates * extents_.hidden;
    return product(x, part(1, outputs * extents_.inputs), std::move(bias));
  }

  OnnxValue slice(const OnnxValue& of, std::int64_t axis, std::int64_t first, std::int64_t end) {
    HostAttributes range;
    range.integers = {{"axes", {axis}}, {"starts", {first}}, {"ends", {end}}};
    return words_.step("Slice", {of}, range);
  }
  OnnxValue gate(const OnnxValue& sums, std::int64_t index) {
    return slice(sums, 1, index * extents_.hidden, (index + 1) * extents_.hidden);
  }
  OnnxValue sigmoid(const OnnxValue& x) { return words_.step("Sigmoid", {x}); }
  OnnxValue tanh(const OnnxValue& x) { return words_.step("Tanh", {x}); }
  OnnxValue add(const OnnxValue& a, const OnnxValue& b) { return words_.step("Add", {a, b}); }
  OnnxValue multiply(const OnnxValue& a, const OnnxValue& b) { return words_.step("Mul", {a, b}); }

  /// Gates i, o, f, c; the biases of both products in that of the inputs.
  OnnxValue lstm_inputs() {
    const std::int64_t outputs = 4 * extents_.hidden;
    Floats bias = part(3, 2 * outputs);
    std::transform(bias.begin(), bias.begin() + outputs, bias.begin() + outputs, bias.begin(), std::plus<>());
    bias.resize(static_cast<std::size_t>(outputs));
    return input_product(4, std::move(bias));
  }
  /// f = sigmoid, g = h = tanh of the standard; peepholes are the cell's own share of a gate.
  State lstm_step(const OnnxValue& input, const State& before) {
    const std::int64_t hidden = extents_.hidden, outputs = 4 * hidden;
    const OnnxValue sums = add(input, product(before.hidden, part(2, outputs * hidden), Floats(outputs, 0)));
    const Floats peepholes = part(7, 3 * hidden);
    const auto opened = [&](std::int64_t at, std::int64_t peephole, const OnnxValue& cell) {
      const OnnxValue sum = gate(sums, at);
      if (!OnnxGraph::has_input(node_, 7)) return sigmoid(sum);
      const OnnxValue share = constant({1, hidden}, rows(peepholes, peephole, peephole + 1, hidden));
      return sigmoid(add(sum, multiply(share, cell)));
    };
    State after;
    const OnnxValue kept = multiply(opened(2, 2, before.cell), before.cell);
    after.cell = add(kept, multiply(opened(0, 0, before.cell), tanh(gate(sums, 3))));
    after.hidden = multiply(opened(1, 1, after.cell), tanh(after.cell));
    return after;
  }

  bool resets_linearly() const { return int_attribute(node_, "linear_before_reset", 0) != 0; }
  /// Gates z, r, h; the bias of the recurrent product stays with it where the reset gate comes after it.
  OnnxValue gru_inputs() {
    const std::int64_t hidden = extents_.hidden, outputs = 3 * hidden;
    Floats bias = part(3, 2 * outputs);
    const std::int64_t joined = resets_linearly() ? 2 * hidden : outputs;
    std::transform(bias.begin(), bias.begin() + joined, bias.begin() + outputs, bias.begin(), std::plus<>());
    bias.resize(static_cast<std::size_t>(outputs));
    return input_product(3, std::move(bias));
  }
  State gru_step(const OnnxValue& input, const State& before) {
    const std::int64_t hidden = extents_.hidden, outputs = 3 * hidden;
    const Floats weights = part(2, outputs * hidden);
    OnnxValue update, candidate;
    if (resets_linearly()) {
      Floats bias = part(3, 2 * outputs);
      bias.erase(bias.begin(), bias.begin() + outputs);
      std::fill(bias.begin(), bias.begin() + 2 * hidden, 0.0F);
      const OnnxValue sums = product(before.hidden, weights, bias);
      update = sigmoid(add(gate(input, 0), gate(sums, 0)));
      const OnnxValue reset = sigmoid(add(gate(input, 1), gate(sums, 1)));
      candidate = tanh(add(gate(input, 2), multiply(reset, gate(sums, 2))));
    } else {
      const OnnxValue sums =
          product(before.hidden, rows(weights, 0, 2 * hidden, hidden), Floats(2 * hidden, 0));
      update = sigmoid(add(gate(input, 0), gate(sums, 0)));
      const OnnxValue reset = sigmoid(add(gate(input, 1), gate(sums, 1)));
      const OnnxValue kept = multiply(reset, before.hidden);
      candidate = tanh(
          add(gate(input, 2), product(kept, rows(weights, 2 * hidden, outputs, hidden), Floats(hidden, 0))));
    }
    // (1 - z) n + z h
    const OnnxValue change = words_.step("Sub", {before.hidden, candidate});
    return {add(candidate, multiply(update, change)), {}};
  }

  OnnxGraph& graph_;
  const NodeProto& node_;
  Spelling& words_;
  const Extents extents_;
  const std::int64_t direction_;
  int products_ = 0;
};

Extents extents_of(const OnnxGraph& graph, const NodeProto& node) {
  const auto require = [&](bool is_met, const std::string& found, const std::string& accepted) {
    if (!is_met) graph.model().fail(node, found + "; accepted: " + accepted);
  };
  const bool is_lstm = node.op_type() == "LSTM";
  const Dims &x = graph.dims(node, 0), &w = graph.dims(node, 1), &r = graph.dims(node, 2);
  require(find_attribute(node, "clip") == nullptr, "clip is set", "none");
  require(int_attribute(node, "layout", 0) == 0, "layout is 1", "0, steps first");
  require(int_attribute(node, "input_forget", 0) == 0, "input_forget is set", "0");
  if (const onnx::AttributeProto* given = find_attribute(node, "activations"); given != nullptr) {
    const std::vector<std::string> usual = is_lstm ? std::vector<std::string>{"Sigmoid", "Tanh", "Tanh"}
                                                   : std::vector<std::string>{"Sigmoid", "Tanh"};
    for (int i = 0; i < given->strings_size(); ++i) {
      const std::string& accepted = usual[static_cast<std::size_t>(i) % usual.size()];
      require(given->strings(i) == accepted, "activation '" + given->strings(i) + "'", accepted);
    }
  }
  const std::int64_t gates = is_lstm ? 4 : 3;
  const bool are_weights = x.size() == 3 && w.size() == 3 && r.size() == 3 && w[0] == r[0] && w[2] == x[2] &&
                           w[1] == gates * r[2] && r[1] == w[1];
  require(are_weights, fmt::format("input {}, weights {} and {}", to_string(x), to_string(w), to_string(r)),
          fmt::format(
              "steps x batch x inputs, directions x {0} hidden x inputs, directions x {0} hidden x hidden",
              gates));
  if (OnnxGraph::has_input(node, 4)) {
    const Floats& lengths = graph.value(node, 4).constant;
    const auto steps = static_cast<float>(x[0]);
    require(!lengths.empty() && std::count(lengths.begin(), lengths.end(), steps) ==
                                    static_cast<std::ptrdiff_t>(lengths.size()),
            "sequences of other lengths", fmt::format("{}, as long as the input", steps));
  }
  require(x[0] <= kMostSteps, fmt::format("{} steps", x[0]), fmt::format("up to {}", kMostSteps));
  const std::int64_t directions = string_attribute(node, "direction", "forward") == "bidirectional" ? 2 : 1;
  require(w[0] == directions, fmt::format("weights of {} directions", w[0]), std::to_string(directions));
  return {x[0], x[1], x[2], r[2], directions};
}

/// Y, every step's hidden state, then the last hidden state and the last cell: those that somebody reads.
void recurrent(OnnxGraph& graph, const NodeProto& node) {
  const Extents extents = extents_of(graph, node);
  graph.check_room(node, extents.directions * extents.steps * element_count(graph.dims(node, 2), 1));
  const bool begins_backward = string_attribute(node, "direction", "forward") == "reverse";
  Spelling words(graph, node);
  std::vector<std::vector<OnnxValue>> hidden;
  std::vector<State> last(static_cast<std::size_t>(extents.directions));
  hidden.reserve(static_cast<std::size_t>(extents.directions));
  for (int d = 0; d < extents.directions; ++d) {
    hidden.push_back(Recurrence(graph, node, words, extents, d)
                         .run(begins_backward || d == 1, last[static_cast<std::size_t>(d)]));
  }
  const auto give = [&](int index, const std::vector<OnnxValue>& rows, Dims dims) {
    if (node.output_size() <= index || graph.model().readers(node.output(index)) == 0) return;
    HostAttributes axis;
    axis.integers["axis"] = {0};
    OnnxValue all = words.step("Concat", rows, axis);
    all.dims = std::move(dims);
    all.type = onnx::TensorProto::FLOAT;
    graph.define(node, node.output(index), std::move(all));
  };
  std::vector<OnnxValue> steps, states, cells;
  for (std::size_t t = 0; t < hidden[0].size(); ++t)
    for (const std::vector<OnnxValue>& direction : hidden) steps.push_back(direction[t]);
  for (const State& state : last) {
    states.push_back(state.hidden);
    cells.push_back(state.cell);
  }
  give(0, steps, {extents.steps, extents.directions, extents.batch, extents.hidden});
  give(1, states, {extents.directions, extents.batch, extents.hidden});
  give(2, cells, {extents.directions, extents.batch, extents.hidden});
}

}  // namespace

OnnxHandlers recurrent_handlers() {
  return {{"GRU", recurrent}, {"LSTM", recurrent}};
}

}  // namespace bitbalance::onnx_io
