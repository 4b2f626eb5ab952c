// Operators that make indices, or are told by them where to put something.
#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test::onnx_reference {
namespace {

Tensor one_hot(const Call& call) {
  const Tensor& indices = call.in(0);
  const auto depth = static_cast<std::int64_t>(call.in(1).values[0]);
  const std::size_t axis = Call::normal(call.integer("axis", -1), indices.dims.size() + 1);
  Dims dims = indices.dims;
  dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), depth);
  return tabulate(dims, [&](Dims at) {
    const std::int64_t place = at[axis];
    at.erase(at.begin() + static_cast<std::ptrdiff_t>(axis));
    auto index = static_cast<std::int64_t>(element(indices, at));
    if (index < 0 && call.opset() >= 11) index += depth;
    return call.in(2).values[index == place ? 1 : 0];
  });
}

Tensor index_of_extreme(const Call& call) {
  const Tensor& x = call.in(0);
  const std::size_t axis = call.axis(0);
  const double sign = call.op() == "ArgMax" ? 1 : -1;
  const bool is_last = call.integer("select_last_index", 0) != 0;
  Dims dims = x.dims;
  dims[axis] = 1;
  Tensor result = tabulate(dims, [&](Dims at) {
    std::int64_t best = 0;
    const auto size = [&](std::int64_t i) {
      at[axis] = i;
      return sign * element(x, at);
    };
    for (std::int64_t i = 1; i < x.dims[axis]; ++i)
      if (size(i) > size(best) || (is_last && size(i) == size(best))) best = i;
    return static_cast<double>(best);
  });
  if (call.integer("keepdims", 1) == 0)
    result.dims.erase(result.dims.begin() + static_cast<std::ptrdiff_t>(axis));
  return result;
}

}  // namespace

const References& indices() {
  static const References table = {
      {"ArgMax", index_of_extreme}, {"ArgMin", index_of_extreme}, {"OneHot", one_hot}};
  return table;
}

}  // namespace bitbalance::test::onnx_reference
