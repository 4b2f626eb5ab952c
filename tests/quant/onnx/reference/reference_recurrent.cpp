// RNN, LSTM and GRU by the standard's equations, gate by gate.
#include <algorithm>
#include <cmath>

#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test::onnx_reference {
namespace {

using Row = std::vector<double>;

struct Function {
  std::string name;
  double alpha = 0, beta = 0;

  double operator()(double x) const {
    if (name == "Affine") return alpha * x + beta;
    if (name == "Elu") return x < 0 ? alpha * (std::exp(x) - 1) : x;
    if (name == "HardSigmoid") return std::min(1.0, std::max(0.0, alpha * x + beta));
    if (name == "LeakyRelu") return x < 0 ? alpha * x : x;
    if (name == "Relu") return std::max(0.0, x);
    if (name == "ScaledTanh") return alpha * std::tanh(beta * x);
    if (name == "Sigmoid") return 1 / (1 + std::exp(-x));
    if (name == "Softplus") return std::log(1 + std::exp(x));
    if (name == "Softsign") return x / (1 + std::fabs(x));
    if (name == "ThresholdedRelu") return x > alpha ? x : 0;
    return std::tanh(x);
  }
};

/// Of all directions; a parameter goes to the next function that has one.
std::vector<Function> functions(const Call& call, std::int64_t directions) {
  const std::vector<std::string> usual = call.op() == "LSTM"
                                             ? std::vector<std::string>{"Sigmoid", "Tanh", "Tanh"}
                                         : call.op() == "GRU" ? std::vector<std::string>{"Sigmoid", "Tanh"}
                                                              : std::vector<std::string>{"Tanh"};
  std::vector<std::string> names = call.words("activations");
  if (names.empty())
    for (std::int64_t d = 0; d < directions; ++d) names.insert(names.end(), usual.begin(), usual.end());
  const std::vector<double> alphas = call.numbers("activation_alpha"),
                            betas = call.numbers("activation_beta");
  std::size_t alpha = 0, beta = 0;
  std::vector<Function> all;
  for (const std::string& name : names) {
    Function f{name};
    const bool has_both = name == "Affine" || name == "HardSigmoid" || name == "ScaledTanh";
    if (has_both || name == "Elu" || name == "LeakyRelu" || name == "ThresholdedRelu")
      f.alpha = alphas.at(alpha++);
    if (has_both) f.beta = betas.at(beta++);
    all.push_back(f);
  }
  return all;
}

/// One direction and element of the batch: weights and biases of gate g, hidden unit j.
struct Direction {
  const Call& call;
  std::int64_t d, b, hidden, gates;
  std::vector<Function> f;  ///< of this direction

  double at(std::size_t input, const Dims& index) const {
    return call.has(input) ? element(call.in(input), index) : 0;
  }
  double of_input(std::int64_t g, std::int64_t j, std::int64_t time) const {
    double sum = at(3, {d, g * hidden + j});
    const bool is_batch_first = call.integer("layout", 0) != 0;
    for (std::int64_t k = 0; k < call.in(0).dims[2]; ++k)
      sum += element(call.in(0), is_batch_first ? Dims{b, time, k} : Dims{time, b, k}) *
             element(call.in(1), {d, g * hidden + j, k});
    return sum;
  }
  double of_hidden(std::int64_t g, std::int64_t j, const Row& h) const {
    double sum = at(3, {d, (gates + g) * hidden + j});
    for (std::int64_t k = 0; k < hidden; ++k) sum += h[k] * element(call.in(2), {d, g * hidden + j, k});
    return sum;
  }
  double peephole(std::int64_t g, std::int64_t j) const { return at(7, {d, g * hidden + j}); }

  /// Function i of a sum that is clipped before.
  double act(std::size_t i, double sum) const {
    const double most = call.number("clip", INFINITY);
    return f[i](std::min(most, std::max(-most, sum)));
  }

  void rnn(std::int64_t time, Row& h) const {
    const Row before = h;
    for (std::int64_t j = 0; j < hidden; ++j) h[j] = act(0, of_input(0, j, time) + of_hidden(0, j, before));
  }

  void lstm(std::int64_t time, Row& h, Row& c) const {
    const Row before = h;
    for (std::int64_t j = 0; j < hidden; ++j) {
      const auto sum = [&](std::int64_t g) { return of_input(g, j, time) + of_hidden(g, j, before); };
      const double in = act(0, sum(0) + peephole(0, j) * c[j]);
      const bool is_coupled = call.integer("input_forget", 0) != 0;
      const double forget = is_coupled ? 1 - in : act(0, sum(2) + peephole(2, j) * c[j]);
      c[j] = forget * c[j] + in * act(1, sum(3));
      h[j] = act(0, sum(1) + peephole(1, j) * c[j]) * act(2, c[j]);
    }
  }

  void gru(std::int64_t time, Row& h) const {
    const Row before = h;
    Row reset(h.size()), kept(h.size());
    for (std::int64_t j = 0; j < hidden; ++j) {
      reset[j] = act(0, of_input(1, j, time) + of_hidden(1, j, before));
      kept[j] = reset[j] * before[j];
    }
    const bool is_linear = call.integer("linear_before_reset", 0) != 0;
    for (std::int64_t j = 0; j < hidden; ++j) {
      const double update = act(0, of_input(0, j, time) + of_hidden(0, j, before));
      const double inner = is_linear ? reset[j] * of_hidden(2, j, before) : of_hidden(2, j, kept);
      h[j] = (1 - update) * act(1, of_input(2, j, time) + inner) + update * before[j];
    }
  }
};

}  // namespace

std::vector<Tensor> recurrent(const Call& call) {
  const bool is_lstm = call.op() == "LSTM", is_batch_first = call.integer("layout", 0) != 0;
  const std::int64_t steps = call.in(0).dims[is_batch_first ? 1 : 0];
  const std::int64_t batch = call.in(0).dims[is_batch_first ? 0 : 1];
  const std::int64_t directions = call.in(2).dims[0], hidden = call.in(2).dims[2];
  const std::vector<Function> all_functions = functions(call, directions);
  const std::size_t each = all_functions.size() / directions;
  // Of each direction and element of the batch.
  std::vector<std::vector<Row>> shown(directions * batch, std::vector<Row>(steps, Row(hidden, 0)));
  std::vector<Row> states, cells;
  for (std::int64_t row = 0; row < directions * batch; ++row) {
    const std::int64_t d = row / batch, b = row % batch;
    const auto first = all_functions.begin() + static_cast<std::ptrdiff_t>(d * each);
    const Direction direction{call,
                              d,
                              b,
                              hidden,
                              is_lstm              ? 4
                              : call.op() == "GRU" ? 3
                                                   : 1,
                              {first, first + static_cast<std::ptrdiff_t>(each)}};
    Row h, c;
    for (std::int64_t j = 0; j < hidden; ++j) {
      const Dims at = is_batch_first ? Dims{b, d, j} : Dims{d, b, j};
      h.push_back(direction.at(5, at));
      c.push_back(direction.at(6, at));
    }
    const bool is_backward = d == 1 || call.word("direction", "forward") == "reverse";
    const auto length = call.has(4) ? static_cast<std::int64_t>(call.in(4).values[b]) : steps;
    for (std::int64_t step = 0; step < length; ++step) {
      const std::int64_t time = is_backward ? length - 1 - step : step;
      if (is_lstm) {
        direction.lstm(time, h, c);
      } else if (call.op() == "GRU") {
        direction.gru(time, h);
      } else {
        direction.rnn(time, h);
      }
      shown[row][time] = h;
    }
    states.push_back(h);
    cells.push_back(c);
  }
  const auto last = [&](const std::vector<Row>& rows) {
    return tabulate(is_batch_first ? Dims{batch, directions, hidden} : Dims{directions, batch, hidden},
                    [&](const Dims& at) {
                      return rows[is_batch_first ? at[1] * batch + at[0] : at[0] * batch + at[1]][at[2]];
                    });
  };
  const Tensor all =
      is_batch_first ? tabulate({batch, steps, directions, hidden},
                                [&](const Dims& at) { return shown[at[2] * batch + at[0]][at[1]][at[3]]; })
                     : tabulate({steps, directions, batch, hidden},
                                [&](const Dims& at) { return shown[at[1] * batch + at[2]][at[0]][at[3]]; });
  return {all, last(states), last(cells)};
}

}  // namespace bitbalance::test::onnx_reference
