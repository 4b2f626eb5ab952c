// Random ONNX models of everything that can be fused, in every order: what the importer, the quantizer's
// fusion and the lowering make of neighbours is tried on all pairs and triples of operations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/shape.h"
#include "tests/support/names.h"

namespace bitbalance::test {

/// Three operations in a row have as many orders; of that many consecutive seeds each model begins with
/// another one.
inline constexpr int kOrders = 11 * 11 * 11;

struct RandomModel {
  std::string onnx;   ///< the file's bytes
  std::string order;  ///< of the operations on the way from input to output
  std::vector<std::vector<float>> images;
};

/// A tiny model: up to 9 x 9 pixels or a row of 9, up to seven operations in a row, of which additions and
/// concatenations take in older tensors and short branches. None is refused.
RandomModel make_random_model(std::uint64_t seed);

}  // namespace bitbalance::test
