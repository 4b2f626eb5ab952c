// LSTM and GRU by the standard's equations, gate by gate.
#include <cmath>

#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test::onnx_reference {
namespace {

using Row = std::vector<double>;

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

/// One direction and element of the batch: weights and biases of gate g, hidden unit j.
struct Direction {
  const Call& call;
  std::int64_t d, b, hidden, gates;

  double at(std::size_t input, const Dims& index) const {
    return call.has(input) ? element(call.in(input), index) : 0;
  }
  double of_input(std::int64_t g, std::int64_t j, std::int64_t time) const {
    double sum = at(3, {d, g * hidden + j});
    for (std::int64_t k = 0; k < call.in(0).dims[2]; ++k)
      sum += element(call.in(0), {time, b, k}) * element(call.in(1), {d, g * hidden + j, k});
    return sum;
  }
  double of_hidden(std::int64_t g, std::int64_t j, const Row& h) const {
    double sum = at(3, {d, (gates + g) * hidden + j});
    for (std::int64_t k = 0; k < hidden; ++k) sum += h[k] * element(call.in(2), {d, g * hidden + j, k});
    return sum;
  }
  double peephole(std::int64_t g, std::int64_t j) const { return at(7, {d, g * hidden + j}); }

  void lstm(std::int64_t time, Row& h, Row& c) const {
    const Row before = h;
    for (std::int64_t j = 0; j < hidden; ++j) {
      const auto sum = [&](std::int64_t g) { return of_input(g, j, time) + of_hidden(g, j, before); };
      const double in = sigmoid(sum(0) + peephole(0, j) * c[j]);
      const double forget = sigmoid(sum(2) + peephole(2, j) * c[j]);
      c[j] = forget * c[j] + in * std::tanh(sum(3));
      h[j] = sigmoid(sum(1) + peephole(1, j) * c[j]) * std::tanh(c[j]);
    }
  }

  void gru(std::int64_t time, Row& h) const {
    const Row before = h;
    Row reset(h.size()), kept(h.size());
    for (std::int64_t j = 0; j < hidden; ++j) {
      reset[j] = sigmoid(of_input(1, j, time) + of_hidden(1, j, before));
      kept[j] = reset[j] * before[j];
    }
    const bool is_linear = call.integer("linear_before_reset", 0) != 0;
    for (std::int64_t j = 0; j < hidden; ++j) {
      const double update = sigmoid(of_input(0, j, time) + of_hidden(0, j, before));
      const double inner = is_linear ? reset[j] * of_hidden(2, j, before) : of_hidden(2, j, kept);
      h[j] = (1 - update) * std::tanh(of_input(2, j, time) + inner) + update * before[j];
    }
  }
};

}  // namespace

std::vector<Tensor> recurrent(const Call& call) {
  const bool is_lstm = call.op() == "LSTM";
  const std::int64_t steps = call.in(0).dims[0], batch = call.in(0).dims[1];
  const std::int64_t directions = call.in(2).dims[0], hidden = call.in(2).dims[2];
  Tensor all{{steps, directions, batch, hidden}, std::vector<double>(steps * directions * batch * hidden)};
  Tensor states{{directions, batch, hidden}, {}}, cells = states;
  for (std::int64_t row = 0; row < directions * batch; ++row) {
    const std::int64_t d = row / batch, b = row % batch;
    const Direction direction{call, d, b, hidden, is_lstm ? 4 : 3};
    Row h, c;
    for (std::int64_t j = 0; j < hidden; ++j) {
      h.push_back(direction.at(5, {d, b, j}));
      c.push_back(direction.at(6, {d, b, j}));
    }
    const bool is_backward = d == 1 || call.word("direction", "forward") == "reverse";
    for (std::int64_t step = 0; step < steps; ++step) {
      const std::int64_t time = is_backward ? steps - 1 - step : step;
      if (is_lstm) {
        direction.lstm(time, h, c);
      } else {
        direction.gru(time, h);
      }
      std::copy(h.begin(), h.end(), all.values.begin() + (time * directions * batch + row) * hidden);
    }
    states.values.insert(states.values.end(), h.begin(), h.end());
    cells.values.insert(cells.values.end(), c.begin(), c.end());
  }
  return {all, states, cells};
}

}  // namespace bitbalance::test::onnx_reference
