#include "testbench/golden/golden_element.h"

#include <algorithm>
#include <random>
#include <stdexcept>

#include "testbench/golden/golden_arithmetic.h"

namespace bitbalance::golden {
namespace {

/// Channel, row and column of an element of a tensor.
struct Place {
  int channel, y, x;

  Place(const Shape& shape, std::int64_t index)
      : channel(static_cast<int>(index / (std::int64_t{shape.height} * shape.width))),
        y(static_cast<int>(index / shape.width % shape.height)),
        x(static_cast<int>(index % shape.width)) {}
};

/// A place of a window's kernel, and where it lies in each channel of the input.
struct Tap {
  int weight;
  std::int64_t index;
};

/// Those inside the input.
std::vector<Tap> taps_of(const Window& window, const Shape& in, const Place& place) {
  std::vector<Tap> taps;
  for (int r = 0; r < window.kernel_h; ++r) {
    const int y = place.y * window.stride_h + r * window.dilation_h - window.pad_top;
    if (y < 0 || y >= in.height) continue;
    for (int s = 0; s < window.kernel_w; ++s) {
      const int x = place.x * window.stride_w + s * window.dilation_w - window.pad_left;
      if (x < 0 || x >= in.width) continue;
      taps.push_back({r * window.kernel_w + s, std::int64_t{y} * in.width + x});
    }
  }
  return taps;
}

std::int64_t plane_elements(const Shape& shape) {
  return std::int64_t{shape.height} * shape.width;
}

}  // namespace

GoldenElement::GoldenElement(const QuantizedNetwork& network, const GoldenOptions& options,
                             const std::vector<int>& layers, const Plane& input, const Plane* operand)
    : network_(network), options_(options), layers_(layers), input_(input), operand_(operand) {}

std::int32_t GoldenElement::at(std::int64_t index) const {
  return element(layers_.size() - 1, index);
}

std::int32_t GoldenElement::element(std::size_t position, std::int64_t index) const {
  const QuantizedLayer& layer = network_.layers[layers_[position]];
  switch (layer.op) {
    case LayerOp::kConv:
      return convolve(layer, position, index);
    case LayerOp::kAdd:
      return added(input_[index], (*operand_)[index], layer);
    case LayerOp::kMaxPool:
    case LayerOp::kAvgPool:
      return pool(layer, position, index);
    case LayerOp::kLookup:
      return looked_up(position == 0 ? input_[index] : element(position - 1, index), layer);
    case LayerOp::kHost:
      break;
  }
  throw std::logic_error("a layer on the host has no golden element");
}

std::int32_t GoldenElement::convolve(const QuantizedLayer& layer, std::size_t position,
                                     std::int64_t index) const {
  const Shape& in = network_.tensors[layer.input].shape;
  const Shape& out = network_.tensors[layer.output].shape;
  const Place place(out, index);
  const int group_inputs = in.channels / layer.groups;
  const int first_input = place.channel / (out.channels / layer.groups) * group_inputs;
  const std::int64_t area = layer.window.area();
  const std::vector<Tap> taps = taps_of(layer.window, in, place);
  std::int64_t sum = layer.bias[place.channel];
  for (int c = 0; c < group_inputs; ++c) {
    const std::int16_t* weights = &layer.weights[(std::int64_t{place.channel} * group_inputs + c) * area];
    const std::int64_t plane = (first_input + c) * plane_elements(in);
    if (position == 0) {
      for (const Tap& tap : taps) sum += std::int64_t{weights[tap.weight]} * input_[plane + tap.index];
    } else {
      for (const Tap& tap : taps)
        sum += std::int64_t{weights[tap.weight]} * element(position - 1, plane + tap.index);
    }
  }
  const int bits = network_.tensors[layer.input].bits == 16 ? options_.wrap_bits_16 : options_.wrap_bits_8;
  Wide value = rescaled(wrapped(sum, bits), layer.rescale[place.channel]);
  if (layer.operand >= 0) value += rescaled((*operand_)[index], layer.operand_rescale);
  return finished(value, layer);
}

std::int32_t GoldenElement::pool(const QuantizedLayer& layer, std::size_t position,
                                 std::int64_t index) const {
  const Shape& in = network_.tensors[layer.input].shape;
  const Place place(network_.tensors[layer.output].shape, index);
  const std::int64_t plane = place.channel * plane_elements(in);
  PooledWindow pooled;
  for (const Tap& tap : taps_of(layer.window, in, place)) {
    const std::int64_t from = plane + tap.index;
    pooled.take(position == 0 ? input_[from] : element(position - 1, from));
  }
  return pooled.result(layer);
}

std::vector<std::int64_t> sample_places(std::int64_t elements, std::seed_seq& seed) {
  constexpr std::int64_t kSmall = 4096;
  const std::int64_t count = std::max(std::min(elements, kSmall), (elements + 99) / 100);
  std::mt19937_64 random(seed);
  std::vector<std::int64_t> places;
  places.reserve(count);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t begin = elements * i / count, end = elements * (i + 1) / count;
    places.push_back(begin + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end - begin)));
  }
  return places;
}

}  // namespace bitbalance::golden
