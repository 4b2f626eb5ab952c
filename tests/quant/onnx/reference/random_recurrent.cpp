// LSTM and GRU.

#include "tests/quant/onnx/reference/operator_maker.h"

namespace bitbalance::test {

void OperatorMaker::recurrent() {
  const bool is_lstm = op_ == "LSTM";
  const std::int64_t gates = is_lstm ? 4 : 3;
  const std::int64_t inputs = integer(1, 4), hidden = integer(1, 4), directions = integer(1, 2);
  const std::int64_t steps = integer(1, 4), batch = integer(1, 3);
  input(values({steps, batch, inputs}));
  floats(values({directions, gates * hidden, inputs}, -1, 1));
  floats(values({directions, gates * hidden, hidden}, -1, 1));
  set("hidden_size", hidden);
  const std::string one_way = one_of<std::string>({"forward", "reverse"});
  if (directions == 2 || one_way == "reverse" || chance())
    set("direction", directions == 2 ? std::string("bidirectional") : one_way);
  maybe("linear_before_reset", integer(0, 1));
  const auto optional = [&](const Dims& dims) {
    if (chance()) {
      floats(values(dims, -1, 1));
    } else {
      none();
    }
  };
  optional({directions, 2 * gates * hidden});
  if (chance()) {
    integers(Dims(batch, steps));
  } else {
    none();
  }
  optional({directions, batch, hidden});
  if (is_lstm) {
    optional({directions, batch, hidden});
    optional({directions, 3 * hidden});
  }
  read_ = integer(0, is_lstm ? 2 : 1);
  for (std::int64_t i = 0; i < read_; ++i) node_.add_output("t" + std::to_string(i));
}

}  // namespace bitbalance::test
