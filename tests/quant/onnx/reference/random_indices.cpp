// Operators that make indices, or are told by them where to put something.
#include <cmath>

#include "tests/quant/onnx/reference/operator_maker.h"

namespace bitbalance::test {

void OperatorMaker::one_hot() {
  const std::int64_t rank = integer(1, 3), depth = integer(1, 5);
  input(values(extents(rank), -6, 6));  // beyond the depth on both sides, and cut to integers
  integers({depth}, chance() ? Dims{} : Dims{1});
  floats(values({2}));
  if (chance()) set("axis", axis(integer(0, rank), rank + 1));
}

void OperatorMaker::index_of_extreme() {
  const std::int64_t rank = integer(1, 4);
  Tensor x = values(extents(rank));
  for (double& value : x.values) value = std::round(value);  // so that some are alike
  input(std::move(x));
  if (chance()) set("axis", axis(integer(0, rank - 1), rank));
  maybe("keepdims", integer(0, 1));
  maybe("select_last_index", integer(0, 1));
  is_truth_ = true;  // no floats
}

}  // namespace bitbalance::test
