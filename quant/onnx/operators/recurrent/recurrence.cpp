#include "quant/onnx/operators/recurrent/recurrence.h"

#include <fmt/format.h>

#include <algorithm>

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

Recurrence::Floats rows(const Recurrence::Floats& of, std::int64_t first, std::int64_t end,
                        std::int64_t columns) {
  return {of.begin() + static_cast<std::ptrdiff_t>(first * columns),
          of.begin() + static_cast<std::ptrdiff_t>(end * columns)};
}

}  // namespace

std::vector<OnnxValue> Recurrence::run(const Inputs& inputs, bool is_backward, RecurrentState& last) {
  const std::string& op = node_.op_type();
  last = {initial(inputs.hidden), op == "LSTM" ? initial(inputs.cell) : OnnxValue()};
  const std::int64_t hidden = extents_.hidden;
  // Where the reset gate comes after the recurrent product, its bias stays with that.
  const std::int64_t joined = resets_linearly() ? 2 * hidden : gates() * hidden;
  const OnnxValue products = input_product(inputs.x, gates(), joined);
  std::vector<OnnxValue> shown(static_cast<std::size_t>(extents_.steps));
  for (std::int64_t step = 0; step < extents_.steps; ++step) {
    const std::int64_t time = is_backward ? extents_.steps - 1 - step : step;
    const OnnxValue input = slice(products, 0, time * extents_.batch, (time + 1) * extents_.batch);
    RecurrentState after = this->step(input, last);
    shown[static_cast<std::size_t>(time)] = hold(time, last, after);
    last = std::move(after);
  }
  return shown;
}

std::int64_t Recurrence::gates() const {
  return node_.op_type() == "LSTM" ? 4 : node_.op_type() == "GRU" ? 3 : 1;
}

bool Recurrence::resets_linearly() const {
  return node_.op_type() == "GRU" && int_attribute(node_, "linear_before_reset", 0) != 0;
}

Recurrence::Floats Recurrence::part(int index, std::int64_t count) const {
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

OnnxValue Recurrence::initial(OnnxValue given) {
  given.dims = {extents_.directions * extents_.batch, extents_.hidden};
  return slice(given, 0, direction_ * extents_.batch, (direction_ + 1) * extents_.batch);
}

OnnxValue Recurrence::product(OnnxValue x, Floats weights, Floats bias) {
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

OnnxValue Recurrence::input_product(const OnnxValue& x, std::int64_t gates, std::int64_t joined) {
  const std::int64_t outputs = gates * extents_.hidden;
  Floats bias = part(3, 2 * outputs);
  std::transform(bias.begin(), bias.begin() + joined, bias.begin() + outputs, bias.begin(), std::plus<>());
  bias.resize(static_cast<std::size_t>(outputs));
  OnnxValue all = x;
  all.dims = {extents_.steps * extents_.batch, extents_.inputs};
  return product(all, part(1, outputs * extents_.inputs), std::move(bias));
}

OnnxValue Recurrence::slice(const OnnxValue& of, std::int64_t axis, std::int64_t first, std::int64_t end) {
  HostAttributes range;
  range.integers = {{"axes", {axis}}, {"starts", {first}}, {"ends", {end}}};
  return words_.step("Slice", {of}, range);
}

OnnxValue Recurrence::gate(const OnnxValue& sums, std::int64_t index) {
  return slice(sums, 1, index * extents_.hidden, (index + 1) * extents_.hidden);
}

OnnxValue Recurrence::act(std::size_t index, const OnnxValue& x) {
  if (find_attribute(node_, "clip") == nullptr) return activated(words_, activations_[index], x);
  const float most = float_attribute(node_, "clip", 0);
  HostAttributes bounds;
  bounds.numbers = {{"min", {-most}}, {"max", {most}}};
  return activated(words_, activations_[index], words_.step("Clip", {x}, bounds));
}

OnnxValue Recurrence::hold(std::int64_t time, const RecurrentState& before, RecurrentState& after) {
  const std::vector<std::int64_t>& lengths = extents_.lengths;
  const auto is_there = [time](std::int64_t length) { return time < length; };
  if (std::all_of(lengths.begin(), lengths.end(), is_there)) return after.hidden;
  Floats mask(lengths.size());
  std::transform(lengths.begin(), lengths.end(), mask.begin(),
                 [&](std::int64_t length) { return is_there(length) ? 1.0F : 0.0F; });
  const OnnxValue here = constant({extents_.batch, 1}, std::move(mask));
  OnnxValue shown = words_.step("Where", {here, after.hidden, Spelling::number(0)});
  after.hidden = words_.step("Where", {here, after.hidden, before.hidden});
  if (!before.cell.dims.empty()) after.cell = words_.step("Where", {here, after.cell, before.cell});
  return shown;
}

RecurrentState Recurrence::step(const OnnxValue& input, const RecurrentState& before) {
  if (node_.op_type() == "LSTM") return lstm_step(input, before);
  return node_.op_type() == "GRU" ? gru_step(input, before) : rnn_step(input, before);
}

RecurrentState Recurrence::rnn_step(const OnnxValue& input, const RecurrentState& before) {
  const std::int64_t hidden = extents_.hidden;
  return {act(0, add(input, product(before.hidden, part(2, hidden * hidden), Floats(hidden, 0)))), {}};
}

// Gates i, o, f, c; peepholes are the cell's own share of a gate. Functions f of the gates, g of what may
// come into the cell, h of what comes out of it.
RecurrentState Recurrence::lstm_step(const OnnxValue& input, const RecurrentState& before) {
  const std::int64_t hidden = extents_.hidden, outputs = 4 * hidden;
  const OnnxValue sums = add(input, product(before.hidden, part(2, outputs * hidden), Floats(outputs, 0)));
  const Floats peepholes = part(7, 3 * hidden);
  const auto opened = [&](std::int64_t at, std::int64_t peephole, const OnnxValue& cell) {
    const OnnxValue sum = gate(sums, at);
    if (!OnnxGraph::has_input(node_, 7)) return act(0, sum);
    const OnnxValue share = constant({1, hidden}, rows(peepholes, peephole, peephole + 1, hidden));
    return act(0, add(sum, multiply(share, cell)));
  };
  const OnnxValue in = opened(0, 0, before.cell);
  const bool is_coupled = int_attribute(node_, "input_forget", 0) != 0;
  const OnnxValue forget =
      is_coupled ? words_.step("Sub", {Spelling::number(1), in}) : opened(2, 2, before.cell);
  RecurrentState after;
  const OnnxValue kept = multiply(forget, before.cell);
  after.cell = add(kept, multiply(in, act(1, gate(sums, 3))));
  after.hidden = multiply(opened(1, 1, after.cell), act(2, after.cell));
  return after;
}

// Gates z, r, h.
RecurrentState Recurrence::gru_step(const OnnxValue& input, const RecurrentState& before) {
  const std::int64_t hidden = extents_.hidden, outputs = 3 * hidden;
  const Floats weights = part(2, outputs * hidden);
  OnnxValue update, candidate;
  if (resets_linearly()) {
    Floats bias = part(3, 2 * outputs);
    bias.erase(bias.begin(), bias.begin() + outputs);
    std::fill(bias.begin(), bias.begin() + 2 * hidden, 0.0F);
    const OnnxValue sums = product(before.hidden, weights, bias);
    update = act(0, add(gate(input, 0), gate(sums, 0)));
    const OnnxValue reset = act(0, add(gate(input, 1), gate(sums, 1)));
    candidate = act(1, add(gate(input, 2), multiply(reset, gate(sums, 2))));
  } else {
    const OnnxValue sums =
        product(before.hidden, rows(weights, 0, 2 * hidden, hidden), Floats(2 * hidden, 0));
    update = act(0, add(gate(input, 0), gate(sums, 0)));
    const OnnxValue reset = act(0, add(gate(input, 1), gate(sums, 1)));
    const OnnxValue kept = multiply(reset, before.hidden);
    candidate = act(
        1, add(gate(input, 2), product(kept, rows(weights, 2 * hidden, outputs, hidden), Floats(hidden, 0))));
  }
  // (1 - z) n + z h
  const OnnxValue change = words_.step("Sub", {before.hidden, candidate});
  return {add(candidate, multiply(update, change)), {}};
}

}  // namespace bitbalance::onnx_io
