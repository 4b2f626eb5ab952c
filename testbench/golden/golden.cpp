#include "testbench/golden/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>
#include <stdexcept>

#include "base/parallel.h"
#include "base/vector_clones.h"
#include "quant/eval/host_layer.h"
#include "testbench/golden/golden_arithmetic.h"

namespace bitbalance::golden {
namespace {

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

/// Work that is worth a thread of its own, multiplications.
constexpr std::int64_t kWorthThreads = 10'000'000;

BITBALANCE_VECTOR_CLONES
void add_products(std::int32_t weight, const std::int32_t* from, int count, std::int32_t* sums) {
  for (int i = 0; i < count; ++i) sums[i] += weight * from[i];
}
BITBALANCE_VECTOR_CLONES
void add_products(std::int32_t weight, const std::int32_t* from, int count, std::int64_t* sums) {
  for (int i = 0; i < count; ++i) sums[i] += std::int64_t{weight} * from[i];
}

/// Adds one output channel's products to its sums.
template <class Sum>
void convolve_plane(const Window& window, const Shape& in, const Shape& out, const std::int32_t* input,
                    int channels, const std::int16_t* weights, std::vector<Sum>& sums) {
  for (int y = 0; y < out.height; ++y) {
    Sum* const line = &sums[static_cast<std::size_t>(y) * out.width];
    const std::int16_t* weight = weights;
    for (int c = 0; c < channels; ++c) {
      for (int r = 0; r < window.kernel_h; ++r) {
        const int row = y * window.stride_h + r * window.dilation_h - window.pad_top;
        const bool is_inside = row >= 0 && row < in.height;
        const std::int32_t* const from =
            input + (static_cast<std::ptrdiff_t>(c) * in.height + row) * in.width;
        for (int s = 0; s < window.kernel_w; ++s, ++weight) {
          if (!is_inside || *weight == 0) continue;
          const int offset = s * window.dilation_w - window.pad_left;
          const Range xs = valid_outputs(offset, window.stride_w, in.width, out.width);
          if (window.stride_w == 1) {
            add_products(*weight, from + xs.begin + offset, xs.end - xs.begin, line + xs.begin);
          } else {
            for (int x = xs.begin; x < xs.end; ++x)
              line[x] += Sum{*weight} * from[x * window.stride_w + offset];
          }
        }
      }
    }
  }
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

const std::vector<Plane>& GoldenModel::run(const Plane& image, const std::function<void(double)>& progress) {
  const std::int64_t expected = network_.tensors[network_.input].shape.elements();
  if (static_cast<std::int64_t>(image.size()) != expected) {
    throw std::invalid_argument(
        fmt::format("golden model: the image has {} elements; the network takes {}", image.size(), expected));
  }
  tensors_[network_.input] = image;
  double done = 0, all = 0;
  for (const QuantizedLayer& layer : network_.layers) all += work(layer);
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
      case LayerOp::kLookup:
        look_up(layer);
        break;
      case LayerOp::kHost:
        run_on_host(layer);
        break;
    }
    copy_to_parent(layer.output);
    done += work(layer);
    if (progress) progress(done / all);
  }
  return tensors_;
}

double GoldenModel::work(const QuantizedLayer& layer) const {
  return static_cast<double>(macs(network_, layer) + network_.tensors[layer.output].shape.elements());
}

void GoldenModel::run_on_host(const QuantizedLayer& layer) {
  std::vector<const Plane*> inputs;
  for (const int tensor : host_sources(layer)) inputs.push_back(&tensors_[tensor]);
  tensors_[layer.output] = run_host_layer(network_, layer, inputs);
}

void GoldenModel::copy_to_parent(int tensor) {
  const QuantizedTensor& slice = network_.tensors[tensor];
  if (slice.parent < 0) return;
  const int plane = slice.shape.height * slice.shape.width;
  std::copy(tensors_[tensor].begin(), tensors_[tensor].end(),
            tensors_[slice.parent].begin() + slice.channel_offset * plane);
}

void GoldenModel::convolve(const QuantizedLayer& layer) {
  const Plane& input = tensors_[layer.input];
  std::int64_t largest = 0;
  for (const std::int32_t element : input)
    largest = std::max<std::int64_t>(largest, std::abs(std::int64_t{element}));
  parallel_for(network_.tensors[layer.output].shape.channels,
               macs(network_, layer) < kWorthThreads ? 1 : options_.threads,
               [&](int channel) { convolve_channel(layer, channel, largest); });
}

void GoldenModel::convolve_channel(const QuantizedLayer& layer, int channel, std::int64_t largest_input) {
  const Shape& in = network_.tensors[layer.input].shape;
  const Shape& out = network_.tensors[layer.output].shape;
  const int group_inputs = in.channels / layer.groups;
  const int group_outputs = out.channels / layer.groups;
  const int plane = out.height * out.width;
  const std::int32_t* const input =
      tensors_[layer.input].data() + channel / group_outputs * group_inputs * in.height * in.width;
  const auto steps = static_cast<int>(group_inputs * layer.window.area());
  const std::int16_t* const weights = layer.weights.data() + static_cast<std::ptrdiff_t>(channel) * steps;

  std::int64_t largest_sum = std::abs(layer.bias[channel]);
  for (int i = 0; i < steps; ++i) largest_sum += std::abs(std::int64_t{weights[i]}) * largest_input;
  std::vector<std::int64_t> sums(plane, layer.bias[channel]);
  if (largest_sum <= std::numeric_limits<std::int32_t>::max()) {  // no sum of some of the products is larger
    std::vector<std::int32_t> narrow(plane, static_cast<std::int32_t>(layer.bias[channel]));
    convolve_plane(layer.window, in, out, input, group_inputs, weights, narrow);
    std::copy(narrow.begin(), narrow.end(), sums.begin());
  } else {
    convolve_plane(layer.window, in, out, input, group_inputs, weights, sums);
  }

  const int bits = network_.tensors[layer.input].bits == 16 ? options_.wrap_bits_16 : options_.wrap_bits_8;
  for (int i = 0; i < plane; ++i) {
    const int at = channel * plane + i;
    Wide value = rescaled(wrapped(sums[i], bits), layer.rescale[channel]);
    if (layer.operand >= 0) value += rescaled(tensors_[layer.operand][at], layer.operand_rescale);
    tensors_[layer.output][at] = finished(value, layer);
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

void GoldenModel::look_up(const QuantizedLayer& layer) {
  const Plane& input = tensors_[layer.input];
  Plane& output = tensors_[layer.output];
  for (std::size_t i = 0; i < output.size(); ++i) output[i] = looked_up(input[i], layer);
}

}  // namespace bitbalance::golden
