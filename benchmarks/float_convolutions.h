// The yardstick of the transaction level: oneDNN's float32 convolutions of a network's layers, in the memory
// formats that the library prefers.
#pragma once

#include <memory>

#include "quant/ir/quantized_network.h"
#include "tests/support/names.h"

namespace bitbalance::test {

class FloatConvolutions {
 public:
  /// Creates and fills everything; weights are reordered here, outside of what is timed.
  explicit FloatConvolutions(const QuantizedNetwork& network);
  ~FloatConvolutions();
  FloatConvolutions(const FloatConvolutions&) = delete;
  FloatConvolutions& operator=(const FloatConvolutions&) = delete;

  /// All convolutions of one image, with bias; seconds.
  double run();

 private:
  struct Layers;
  std::unique_ptr<Layers> layers_;
};

}  // namespace bitbalance::test
