// Element by element comparison of what the accelerator left in DRAM with the golden model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quant/ir/quantized_network.h"
#include "testbench/golden/names.h"

namespace bitbalance::golden {

struct Mismatch {
  std::string layer;
  std::int64_t image = 0;
  int channel = 0;
  int y = 0;
  int x = 0;
  std::int32_t expected = 0;
  std::int32_t found = 0;
};

/// One line: "layer 'conv1', image 3, channel 5, y 2, x 7: expected 12, found 13".
std::string describe(const Mismatch& mismatch);

/// Counts of one layer over all images, and the first few mismatches in full.
struct Comparison {
  static constexpr std::size_t kKept = 8;

  std::int64_t elements = 0;  ///< compared
  std::int64_t total = 0;     ///< that there are
  std::int64_t mismatches = 0;
  std::vector<Mismatch> first;
};

/// Bytes of one image of a tensor in DRAM: planar, little-endian, bits / 8 bytes an element.
std::size_t image_bytes(const QuantizedTensor& tensor);

/// Elements of one image of `tensor` as they lie in DRAM and back. `bytes` is image_bytes(tensor) long.
std::vector<std::int32_t> unpack(const QuantizedTensor& tensor, const std::uint8_t* bytes);
std::vector<std::uint8_t> pack(const QuantizedTensor& tensor, const std::vector<std::int32_t>& elements);

/// Adds one element of the output `tensor` of `layer` to `result`, but for its total.
void compare_element(const std::string& layer, const QuantizedTensor& tensor, std::int64_t image,
                     std::int64_t index, std::int32_t expected, std::int32_t found, Comparison& result);

/// Adds one image of the output `tensor` of `layer` to `result`.
void compare(const std::string& layer, const QuantizedTensor& tensor, std::int64_t image,
             const std::vector<std::int32_t>& expected, const std::vector<std::int32_t>& found,
             Comparison& result);

}  // namespace bitbalance::golden
