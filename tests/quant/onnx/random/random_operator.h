// Random nodes of one operator as an operator set allows them: attributes, optional inputs and outputs,
// extents; and some that mean training.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/quant/onnx/onnx_builder.h"
#include "tests/quant/onnx/reference/onnx_reference.h"
#include "tests/support/names.h"

namespace bitbalance::test {

struct RandomOperator {
  OnnxBuilder model;         ///< the node is named "tested"
  std::vector<float> image;  ///< values of the model's input
  ReferenceTensor expected;  ///< of the model's output
  bool is_training = false;  ///< must be refused
  bool is_beyond = false;    ///< an integer is larger than floats tell apart: running it must be refused
};

/// `opset`: 7 or later, one that has the operator.
RandomOperator random_operator(const std::string& op, std::int64_t opset, std::mt19937& random);

}  // namespace bitbalance::test
