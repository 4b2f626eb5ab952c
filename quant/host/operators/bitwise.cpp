// Operators on the bits of integers, which are two's complement of any width: |x| is below 2^24.
#include <cstdint>

#include "quant/host/operators/families.h"

namespace bitbalance::host {
namespace {

template <class Function>
HostFunction bitwise(Function function) {
  return [function](const HostOperator& /*op*/, const std::vector<HostView>& operands) {
    const HostView &a = operands.at(0), &b = operands.at(1);
    HostTensor result = HostTensor::result(broadcast(a.dims, b.dims), has_outline(operands));
    Odometer at(result.dims,
                {broadcast_strides(a.dims, result.dims), broadcast_strides(b.dims, result.dims)});
    for (float& value : result.values) {
      value = static_cast<float>(
          function(to_integer(a.values[at.offset(0)]), to_integer(b.values[at.offset(1)])));
      at.next();
    }
    return result;
  };
}

}  // namespace

HostFunctions bitwise_operators() {
  return {
      {"BitwiseAnd", bitwise([](std::int64_t a, std::int64_t b) { return a & b; })},
      {"BitwiseOr", bitwise([](std::int64_t a, std::int64_t b) { return a | b; })},
      {"BitwiseXor", bitwise([](std::int64_t a, std::int64_t b) { return a ^ b; })},
  };
}

}  // namespace bitbalance::host
