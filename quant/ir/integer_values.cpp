#include "quant/ir/integer_values.h"

#include <algorithm>
#include <cmath>

namespace bitbalance::ir {

IntegerRange range_of(const QuantizedTensor& tensor) {
  if (!tensor.is_signed) return {0, (1 << tensor.bits) - 1};
  return {-(1 << (tensor.bits - 1)), (1 << (tensor.bits - 1)) - 1};
}

int quantize_value(const QuantizedTensor& tensor, double value) {
  const IntegerRange range = range_of(tensor);
  return static_cast<int>(std::clamp(std::round(value / tensor.scale), static_cast<double>(range.low),
                                     static_cast<double>(range.high)));
}

std::vector<std::int32_t> quantize_values(const QuantizedTensor& tensor, const std::vector<float>& values) {
  std::vector<std::int32_t> integers(values.size());
  std::transform(values.begin(), values.end(), integers.begin(),
                 [&](float v) { return quantize_value(tensor, v); });
  return integers;
}

std::vector<float> real_values(const QuantizedTensor& tensor, const std::vector<std::int32_t>& integers) {
  std::vector<float> values(integers.size());
  std::transform(integers.begin(), integers.end(), values.begin(),
                 [scale = tensor.scale](std::int32_t q) { return static_cast<float>(q * scale); });
  return values;
}

}  // namespace bitbalance::ir
