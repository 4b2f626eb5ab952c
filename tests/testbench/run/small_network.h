// Networks of one layer for tests, with every field at a value that changes nothing until a test sets it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "quant/ir/quantized_network.h"
#include "tests/support/names.h"

namespace bitbalance::test {

/// 16-bit tensors and an open clip: sums show as they are.
inline QuantizedTensor wide_tensor(std::string name, Shape shape) {
  QuantizedTensor tensor;
  tensor.name = std::move(name);
  tensor.shape = shape;
  tensor.bits = 16;
  return tensor;
}

inline QuantizedLayer open_layer(LayerOp op, Window window) {
  QuantizedLayer layer;
  layer.name = "layer";
  layer.op = op;
  layer.input = 0;
  layer.output = 1;
  layer.window = window;
  layer.weight_bits = 16;
  layer.nnzb = 15;
  layer.clip_low = -32768;
  layer.clip_high = 32767;
  return layer;
}

inline QuantizedNetwork network_of(QuantizedLayer layer, Shape input, int output_channels) {
  QuantizedNetwork network;
  network.name = "small";
  const Shape output = layer.op == LayerOp::kAdd ? input : layer.window.output_shape(input, output_channels);
  network.tensors = {wide_tensor("input", input), wide_tensor("output", output)};
  network.layers = {std::move(layer)};
  network.input = 0;
  network.output = 1;
  return network;
}

/// A convolution with factor 1 and no bias.
inline QuantizedNetwork convolution(Window window, Shape input, int output_channels, int groups,
                                    std::vector<std::int16_t> weights) {
  QuantizedLayer layer = open_layer(LayerOp::kConv, window);
  layer.groups = groups;
  layer.weights = std::move(weights);
  layer.bias.assign(static_cast<std::size_t>(output_channels), 0);
  layer.rescale.assign(static_cast<std::size_t>(output_channels), Rescale{1, 0});
  return network_of(std::move(layer), input, output_channels);
}

}  // namespace bitbalance::test
