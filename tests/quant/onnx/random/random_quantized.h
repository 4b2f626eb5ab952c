// Random nodes of operators on integers that stand for numbers, with what their definitions make of them in
// double precision. As random_operator.h has all others.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "tests/quant/onnx/random/random_operator.h"

namespace bitbalance::test {

bool is_quantized_operator(const std::string& op);

RandomOperator random_quantized(const std::string& op, std::int64_t opset, std::mt19937& random);

}  // namespace bitbalance::test
