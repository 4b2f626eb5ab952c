// A layer that keeps the clocked array busy nearly always.
#pragma once

#include <cstdint>
#include <random>

#include "hw/isa/width.h"
#include "quant/ir/quantized_network.h"
#include "quant/ir/representable.h"
#include "tests/support/names.h"

namespace bitbalance::test {

/// ResNet-50's 3x3 convolution of 64 channels on 56x56, random weights of at most 3 ones: 32x32 PEs are busy
/// nearly always.
inline QuantizedNetwork busy_network(Width width) {
  QuantizedNetwork n;
  n.name = "busy";
  const bool is_signed = width == Width::k16;
  const int bits = is_signed ? 16 : 8;
  n.tensors = {{"in", {64, 56, 56}, bits, is_signed, 1.0}, {"out", {64, 56, 56}, bits, is_signed, 1.0}};
  n.output = 1;
  QuantizedLayer l;
  l.name = "conv";
  l.input = 0;
  l.output = 1;
  l.window = {3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  l.nnzb = 3;
  const RepresentableSet representable(l.weight_bits, l.nnzb, l.token_form);
  std::mt19937 random(1);
  std::normal_distribution<double> weight(0, 32);
  for (int i = 0; i < 64 * 64 * 9; ++i)
    l.weights.push_back(static_cast<std::int16_t>(representable.nearest(weight(random))));
  l.bias.assign(64, 0);
  l.rescale.assign(64, Rescale{40000, 30});
  l.clip_low = width == Width::k16 ? -32768 : 0;
  l.clip_high = width == Width::k16 ? 32767 : 255;
  n.layers = {l};
  return n;
}

}  // namespace bitbalance::test
