// Random graphs behind a NonMaxSuppression: what works on its rows, asks how many there are, or computes with
// that number. Their results are known for several images, each with the rows that there are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/quant/onnx/onnx_builder.h"
#include "tests/quant/onnx/reference/onnx_reference.h"

namespace bitbalance::test {

struct RandomRows {
  OnnxBuilder model;
  std::vector<std::vector<float>> images;
  std::vector<ReferenceTensor> expected;  ///< of the model's output, by image
};

RandomRows random_rows(std::uint32_t seed);

/// What the network of such a model computes otherwise than expected; empty: nothing. Where it has more rows
/// than there are, those behind must be -1.
std::string difference_of_rows(const RandomRows& drawn, const Network& network);

}  // namespace bitbalance::test
