// Single elements of the golden model: what one place of a layer's output must hold, given what the layer
// read. For networks too large to be computed whole.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "quant/ir/quantized_network.h"
#include "testbench/golden/golden.h"

namespace bitbalance::golden {

/// Layers that run as one, each on the output of the one before: a convolution and the pooling fused into it.
class GoldenElement {
 public:
  /// `layers`: indices into network.layers, none on the host. `input` and `operand`: of the first of them;
  /// operand nullptr: it has none. Keeps references.
  GoldenElement(const QuantizedNetwork& network, const GoldenOptions& options, const std::vector<int>& layers,
                const Plane& input, const Plane* operand);

  /// Of the last layer's output, in the planar order of Shape.
  std::int32_t at(std::int64_t index) const;

 private:
  std::int32_t element(std::size_t layer, std::int64_t index) const;
  std::int32_t convolve(const QuantizedLayer& layer, std::size_t position, std::int64_t index) const;
  std::int32_t pool(const QuantizedLayer& layer, std::size_t position, std::int64_t index) const;

  const QuantizedNetwork& network_;
  GoldenOptions options_;
  std::vector<int> layers_;
  const Plane& input_;
  const Plane* operand_;
};

/// Places to compare of a tensor: all of at most 4,096; of a larger one at least as many and 1 %, each at
/// random in one of as many equal parts. The same for the same seed. Ascending.
std::vector<std::int64_t> sample_places(std::int64_t elements, std::seed_seq& seed);

}  // namespace bitbalance::golden
