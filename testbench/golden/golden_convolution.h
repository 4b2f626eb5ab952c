// The sums of a convolution for the golden model. Elements and weights are integers in floating point, whose
// sums are exact as long as they fit the mantissa; that is several times as fast as integer multiplications.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quant/ir/quantized_network.h"
#include "testbench/golden/names.h"

namespace bitbalance::golden {

/// Elements as `Number`, float or double, and what of their products it sums without rounding.
template <class Number>
class ConvolutionSums {
 public:
  /// Output channels that are summed together.
  static constexpr int kChannels = 4;

  /// Products that a Number can sum if none is above `largest`.
  static std::int64_t exact_products(std::int64_t largest);

  /// `input`: planes of `in`; no element of it is above `largest` in magnitude.
  ConvolutionSums(const QuantizedLayer& layer, const Shape& in, const Shape& out,
                  const std::vector<std::int32_t>& input, std::int64_t largest);

  /// Adds the products of `count` output channels of one group, at most kChannels, to `sums` of
  /// [channel][pixel].
  void add(int first, int count, std::int64_t* sums) const;

 private:
  /// Weights of a tap, of the channels that are summed together, and where its elements begin.
  struct Tap {
    std::ptrdiff_t place = 0;
    Number weights[kChannels] = {};
  };

  std::vector<Tap> taps_of(int first, int count) const;

  const QuantizedLayer& layer_;
  Shape out_;
  int group_inputs_, group_outputs_;
  /// [channel][row mod stride][column mod stride][row / stride][column / stride] with zeros around, so that
  /// what the pixels of a tap read lies in line, with gaps between the rows.
  std::vector<Number> elements_;
  std::ptrdiff_t channel_pitch_ = 0;
  int pitch_ = 0;                       ///< of rows
  std::vector<std::ptrdiff_t> places_;  ///< of the taps of a channel
  std::int64_t exact_ = 0;              ///< products
};

}  // namespace bitbalance::golden
