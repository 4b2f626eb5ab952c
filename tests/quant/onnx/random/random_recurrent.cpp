// RNN, LSTM and GRU.
#include <algorithm>

#include "tests/quant/onnx/random/operator_maker.h"

namespace bitbalance::test {

/// Functions of the gates other than the usual ones, `functions` for each direction, with their parameters.
/// What multiplies a state has bounds: values would be beyond all floats after four steps.
void OperatorMaker::activations(std::int64_t functions, std::int64_t directions) {
  static const std::vector<std::string> names = {"Affine",   "Elu",        "HardSigmoid",    "LeakyRelu",
                                                 "Relu",     "ScaledTanh", "Sigmoid",        "Softplus",
                                                 "Softsign", "Tanh",       "ThresholdedRelu"};
  static const std::vector<std::string> bounded = {"HardSigmoid", "Sigmoid", "Softsign", "Tanh"};
  static const std::set<std::string> have_alpha = {"Affine",    "Elu",        "HardSigmoid",
                                                   "LeakyRelu", "ScaledTanh", "ThresholdedRelu"};
  static const std::set<std::string> have_beta = {"Affine", "HardSigmoid", "ScaledTanh"};
  onnx::AttributeProto list, alphas, betas;
  for (std::int64_t i = 0; i < functions * directions; ++i) {
    list.add_strings(one_of(functions > 1 && i % functions == 0 ? bounded : names));
    // An open end of the lists stands for the defaults; those two have none.
    if (have_alpha.count(list.strings(static_cast<int>(i))) != 0) alphas.add_floats(small());
    if (have_beta.count(list.strings(static_cast<int>(i))) != 0) betas.add_floats(small() / 2);
  }
  const auto add = [&](const char* name, onnx::AttributeProto& attribute, auto type, bool is_there) {
    attribute.set_name(name);
    attribute.set_type(type);
    if (is_there) *node_.add_attribute() = attribute;
  };
  add("activations", list, onnx::AttributeProto::STRINGS, true);
  add("activation_alpha", alphas, onnx::AttributeProto::FLOATS, alphas.floats_size() != 0);
  add("activation_beta", betas, onnx::AttributeProto::FLOATS, betas.floats_size() != 0);
}

void OperatorMaker::recurrent() {
  const bool is_lstm = op_ == "LSTM";
  const std::int64_t gates = is_lstm        ? 4
                             : op_ == "GRU" ? 3
                                            : 1,
                     functions = is_lstm        ? 3
                                 : op_ == "GRU" ? 2
                                                : 1;
  const std::int64_t inputs = integer(1, 4), hidden = integer(1, 4), directions = integer(1, 2);
  const std::int64_t steps = integer(1, 4), batch = integer(1, 3);
  const bool is_batch_first = attributes_.count("layout") != 0 && chance(3);
  if (is_batch_first) set("layout", std::int64_t{1});
  input(values(is_batch_first ? Dims{batch, steps, inputs} : Dims{steps, batch, inputs}));
  floats(values({directions, gates * hidden, inputs}, -1, 1));
  floats(values({directions, gates * hidden, hidden}, -1, 1));
  set("hidden_size", hidden);
  const std::string one_way = one_of<std::string>({"forward", "reverse"});
  if (directions == 2 || one_way == "reverse" || chance())
    set("direction", directions == 2 ? std::string("bidirectional") : one_way);
  maybe("linear_before_reset", integer(0, 1));
  if (chance(3)) maybe("input_forget", integer(0, 1));
  if (chance(3)) set("clip", small());
  if (chance(3)) activations(functions, directions);
  const auto optional = [&](const Dims& dims) {
    if (chance()) {
      floats(values(dims, -1, 1));
    } else {
      none();
    }
  };
  optional({directions, 2 * gates * hidden});
  Dims lengths(batch, steps);
  if (chance()) {
    const bool are_same = chance();
    for (std::int64_t& length : lengths) length = are_same ? steps : integer(1, steps);
    integers(lengths);
  } else {
    none();
  }
  const Dims state = is_batch_first ? Dims{batch, directions, hidden} : Dims{directions, batch, hidden};
  optional(state);
  if (is_lstm) {
    optional(state);
    optional({directions, 3 * hidden});
  }
  read_ = integer(0, is_lstm ? 2 : 1);
  for (std::int64_t i = 0; i < read_; ++i) node_.add_output("t" + std::to_string(i));
}

}  // namespace bitbalance::test
