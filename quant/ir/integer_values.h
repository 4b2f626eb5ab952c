// Real values as the integers of a tensor.
#pragma once

#include <cstdint>
#include <vector>

#include "quant/ir/quantized_network.h"

namespace bitbalance::ir {

/// What a tensor's elements can be, both ends included.
struct IntegerRange {
  int low;
  int high;
};

IntegerRange range_of(const QuantizedTensor& tensor);

/// The nearest integer of a tensor for a real value (halves away from zero), saturated to the tensor's range.
int quantize_value(const QuantizedTensor& tensor, double value);

std::vector<std::int32_t> quantize_values(const QuantizedTensor& tensor, const std::vector<float>& values);

/// What a tensor's integers stand for.
std::vector<float> real_values(const QuantizedTensor& tensor, const std::vector<std::int32_t>& integers);

}  // namespace bitbalance::ir
