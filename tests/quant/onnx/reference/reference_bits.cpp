// Bits of integers, one by one.
#include <cmath>

#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test::onnx_reference {
namespace {

/// Bit `place` of an integer in two's complement.
bool bit(double x, int place) {
  return std::fmod(std::floor(x / std::ldexp(1.0, place)), 2) != 0;
}

/// Of integers of less than 16 bits, whatever their type: what a complement is without a sign is not told.
Tensor bitwise(const Call& call) {
  constexpr int kPlaces = 16;  // the last one is the sign
  const bool is_not = call.op() == "BitwiseNot";
  const Tensor none{{}, {0}}, &a = call.in(0), &b = is_not ? none : call.in(1);
  return tabulate(joint(a.dims, b.dims), [&](const Dims& at) {
    double sum = 0;
    for (int place = 0; place < kPlaces; ++place) {
      const bool x = bit(spread(a, at), place), y = bit(spread(b, at), place);
      const bool is_set = is_not                      ? !x
                          : call.op() == "BitwiseAnd" ? x && y
                          : call.op() == "BitwiseOr"  ? x || y
                                                      : x != y;
      if (is_set) sum += std::ldexp(place + 1 == kPlaces ? -1.0 : 1.0, place);
    }
    return sum;
  });
}

/// Where nothing is shifted out at the left.
Tensor bit_shift(const Call& call) {
  const bool is_left = call.word("direction", "") == "LEFT";
  return tabulate(joint(call.in(0).dims, call.in(1).dims), [&](const Dims& at) {
    const auto places = static_cast<int>(spread(call.in(1), at));
    return std::floor(std::ldexp(spread(call.in(0), at), is_left ? places : -places));
  });
}

}  // namespace

const References& bits() {
  static const References table = {
      {"BitShift", bit_shift}, {"BitwiseAnd", bitwise}, {"BitwiseNot", bitwise},
      {"BitwiseOr", bitwise},  {"BitwiseXor", bitwise},
  };
  return table;
}

}  // namespace bitbalance::test::onnx_reference
