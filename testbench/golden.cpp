#include "testbench/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "quant/host_layer.h"

namespace bitbalance {
namespace {

__extension__ using Wide = __int128;  // a 48-bit sum times a 16-bit multiplier

/// floor((value * multiplier + half) / 2^shift): rounding to nearest, halves up.
Wide rescaled(std::int64_t value, const Rescale& rescale) {
  const Wide divisor = Wide{1} << rescale.shift;
  const Wide numerator = Wide{value} * rescale.multiplier + (rescale.shift > 0 ? divisor / 2 : 0);
  const Wide quotient = numerator / divisor;
  return quotient * divisor > numerator ? quotient - 1 : quotient;
}

std::int32_t clamped(Wide value, const QuantizedLayer& layer) {
  return static_cast<std::int32_t>(std::clamp<Wide>(value, layer.clip_low, layer.clip_high));
}

/// The number of `bits` bits, two's complement, that equals `value` modulo 2^bits.
std::int64_t wrapped(std::int64_t value, int bits) {
  if (bits == 0) return value;
  const std::int64_t modulus = std::int64_t{1} << bits;
  const std::int64_t remainder = ((value % modulus) + modulus) % modulus;
  return remainder >= modulus / 2 ? remainder - modulus : remainder;
}

/// The outputs i of one dimension whose tap at `offset` (kernel index * dilation - padding) lies inside the
/// input.
struct Range {
  int begin;
  int end;
};
Range valid_outputs(int offset, int stride, int input, int outputs) {
  const int begin = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const int last = input - 1 - offset;
  const int end = last < 0 ? 0 : last / stride + 1;
  return {begin, std::min(end, outputs)};
}

}  // namespace

GoldenModel::GoldenModel(const QuantizedNetwork& network, const GoldenOptions& options)
    : network_(network), options_(options), tensors_(network.tensors.size()) {
  for (const QuantizedLayer& layer : network.layers) {
    for (const int tensor : {layer.output, network.tensors[layer.output].parent}) {
      if (tensor >= 0)
        tensors_[tensor].resize(static_cast<std::size_t>(network.tensors[tensor].shape.elements()));
    }
  }
}

const std::vector<Plane>& GoldenModel::run(const Plane& image) {
  const std::int64_t expected = network_.tensors[network_.input].shape.elements();
  if (static_cast<std::int64_t>(image.size()) != expected) {
    throw std::invalid_argument(
        fmt::format("golden model: the image has {} elements; the network takes {}", image.size(), expected));
  }
  tensors_[network_.input] = image;
  for (const QuantizedLayer& layer : network_.layers) {
    switch (layer.op) {
      case LayerOp::kConv:
        convolve(layer);
        break;
      case LayerOp::kMaxPool:
      case LayerOp::kAvgPool:
        pool(layer);
        break;
      case LayerOp::kAdd:
        add(layer);
        break;
      case LayerOp::kLrn:
      case LayerOp::kSoftmax:
        tensors_[layer.output] = run_host_layer(network_, layer, tensors_[layer.input]);
        break;
    }
    copy_to_parent(layer.output);
  }
  return tensors_;
}

void GoldenModel::copy_to_parent(int tensor) {
  const QuantizedTensor& slice = network_.tensors[tensor];
  if (slice.parent < 0) return;
  const int plane = slice.shape.height * slice.shape.width;
  std::copy(tensors_[tensor].begin(), tensors_[tensor].end(),
            tensors_[slice.parent].begin() + slice.channel_offset * plane);
}

void GoldenModel::convolve(const QuantizedLayer& layer) {
  const Shape& in = network_.tensors[layer.input].shape;
  const Shape& out = network_.tensors[layer.output].shape;
  const Window& window = layer.window;
  const Plane& input = tensors_[layer.input];
  Plane& output = tensors_[layer.output];
  const int group_inputs = in.channels / layer.groups;
  const int group_outputs = out.channels / layer.groups;
  const int plane = out.height * out.width;
  const int bits = network_.tensors[layer.input].bits == 16 ? options_.wrap_bits_16 : options_.wrap_bits_8;
  const std::int16_t* weight = layer.weights.data();

  for (int m = 0; m < out.channels; ++m) {
    sums_.assign(plane, layer.bias[m]);
    const int first_input = m / group_outputs * group_inputs;
    for (int c = first_input; c < first_input + group_inputs; ++c) {
      for (int r = 0; r < window.kernel_h; ++r) {
        const int offset_y = r * window.dilation_h - window.pad_top;
        const Range ys = valid_outputs(offset_y, window.stride_h, in.height, out.height);
        for (int s = 0; s < window.kernel_w; ++s) {
          const std::int64_t w = *weight++;
          if (w == 0) continue;
          const int offset_x = s * window.dilation_w - window.pad_left;
          const Range xs = valid_outputs(offset_x, window.stride_w, in.width, out.width);
          for (int y = ys.begin; y < ys.end; ++y) {
            const std::int32_t* from = &input[(c * in.height + y * window.stride_h + offset_y) * in.width];
            std::int64_t* to = &sums_[y * out.width];
            for (int x = xs.begin; x < xs.end; ++x) to[x] += w * from[x * window.stride_w + offset_x];
          }
        }
      }
    }
    for (int i = 0; i < plane; ++i) {
      const int at = m * plane + i;
      Wide value = rescaled(wrapped(sums_[i], bits), layer.rescale[m]);
      if (layer.operand >= 0) value += rescaled(tensors_[layer.operand][at], layer.operand_rescale);
      output[at] = clamped(value, layer);
    }
  }
}

void GoldenModel::pool(const QuantizedLayer& layer) {
  const Shape& in = network_.tensors[layer.input].shape;
  const Shape& out = network_.tensors[layer.output].shape;
  const Window& window = layer.window;
  const Plane& input = tensors_[layer.input];
  Plane& output = tensors_[layer.output];

  for (int c = 0; c < out.channels; ++c) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        std::int64_t sum = 0;
        std::int64_t count = 0;
        std::int32_t largest = 0;
        for (int r = 0; r < window.kernel_h; ++r) {
          const int iy = y * window.stride_h + r * window.dilation_h - window.pad_top;
          if (iy < 0 || iy >= in.height) continue;
          for (int s = 0; s < window.kernel_w; ++s) {
            const int ix = x * window.stride_w + s * window.dilation_w - window.pad_left;
            if (ix < 0 || ix >= in.width) continue;
            const std::int32_t element = input[(c * in.height + iy) * in.width + ix];
            largest = count == 0 ? element : std::max(largest, element);
            sum += element;
            ++count;
          }
        }
        Wide value = largest;
        if (layer.op == LayerOp::kAvgPool) {
          const std::int64_t divisor = layer.count_include_pad ? window.area() : count;
          value = divisor == 0 ? Wide{0} : rescaled(sum, layer.rescale[divisor - 1]);
        }
        output[(c * out.height + y) * out.width + x] = clamped(value, layer);
      }
    }
  }
}

void GoldenModel::add(const QuantizedLayer& layer) {
  const Plane& input = tensors_[layer.input];
  const Plane& operand = tensors_[layer.operand];
  Plane& output = tensors_[layer.output];
  for (std::size_t i = 0; i < output.size(); ++i) {
    output[i] =
        clamped(rescaled(input[i], layer.rescale[0]) + rescaled(operand[i], layer.operand_rescale), layer);
  }
}

}  // namespace bitbalance
