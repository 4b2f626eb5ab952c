#include "testbench/golden/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>
#include <stdexcept>

#include "base/bits.h"
#include "base/process/parallel.h"
#include "base/vector_clones.h"
#include "quant/eval/host_layer.h"
#include "testbench/golden/golden_arithmetic.h"
#include "testbench/golden/golden_convolution.h"

namespace bitbalance::golden {
namespace {

/// Work that is worth a thread of its own, multiplications.
constexpr std::int64_t kWorthThreads = 10'000'000;

BITBALANCE_VECTOR_CLONES
void add_dot_product(const std::int16_t* weights, const std::int32_t* input, int count, std::int32_t& sum) {
  for (int i = 0; i < count; ++i) sum += weights[i] * input[i];
}
BITBALANCE_VECTOR_CLONES
void add_dot_product(const std::int16_t* weights, const std::int32_t* input, int count, std::int64_t& sum) {
  for (int i = 0; i < count; ++i) sum += std::int64_t{weights[i]} * input[i];
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
  const Shape &in = network_.tensors[layer.input].shape, &out = network_.tensors[layer.output].shape;
  std::int64_t largest = 0;
  for (const std::int32_t element : input)
    largest = std::max<std::int64_t>(largest, std::abs(std::int64_t{element}));

  constexpr std::int64_t kWorthFloats = 64;  // products between two looks at the sums
  const Window& w = layer.window;
  const bool is_whole = out.height == 1 && out.width == 1 && in.height == w.kernel_h &&
                        in.width == w.kernel_w &&
                        std::max({w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}) == 0;
  if (is_whole) {
    convolve_blocks(
        layer, 1, [&](int channel, int, std::int64_t* sum) { *sum += dot_product(layer, channel, largest); });
  } else if (ConvolutionSums<float>::exact_products(largest << (layer.weight_bits - 1)) >= kWorthFloats) {
    const ConvolutionSums<float> products(layer, in, out, input, largest);
    convolve_blocks(layer, products.kChannels,
                    [&](int first, int count, std::int64_t* sums) { products.add(first, count, sums); });
  } else {
    const ConvolutionSums<double> products(layer, in, out, input, largest);
    convolve_blocks(layer, products.kChannels,
                    [&](int first, int count, std::int64_t* sums) { products.add(first, count, sums); });
  }
}

/// Of a layer whose window is the whole image.
std::int64_t GoldenModel::dot_product(const QuantizedLayer& layer, int channel, std::int64_t largest) const {
  const auto steps = static_cast<std::ptrdiff_t>(layer.weights.size() / layer.bias.size());
  const std::int16_t* const weights = layer.weights.data() + channel * steps;
  const std::ptrdiff_t group = channel / (static_cast<std::ptrdiff_t>(layer.bias.size()) / layer.groups);
  const std::int32_t* const input = tensors_[layer.input].data() + group * steps;
  std::int64_t largest_sum = 0;
  for (std::ptrdiff_t i = 0; i < steps; ++i) largest_sum += std::abs(std::int64_t{weights[i]}) * largest;
  if (largest_sum <= std::numeric_limits<std::int32_t>::max()) {  // no sum of some of the products is larger
    std::int32_t sum = 0;
    add_dot_product(weights, input, static_cast<int>(steps), sum);
    return sum;
  }
  std::int64_t sum = 0;
  add_dot_product(weights, input, static_cast<int>(steps), sum);
  return sum;
}

/// Calls add_products(first, count, sums of [channel][pixel]) for up to `most` channels of a group at a time.
void GoldenModel::convolve_blocks(const QuantizedLayer& layer, int most,
                                  const std::function<void(int, int, std::int64_t*)>& add_products) {
  const Shape& out = network_.tensors[layer.output].shape;
  const std::size_t pixels = static_cast<std::size_t>(out.height) * out.width;
  const int group_outputs = out.channels / layer.groups, blocks = ceil_div(group_outputs, most);
  parallel_for(layer.groups * blocks, macs(network_, layer) < kWorthThreads ? 1 : options_.threads,
               [&](int i) {
                 const int of_group = i % blocks * most, first = i / blocks * group_outputs + of_group;
                 const int count = std::min(most, group_outputs - of_group);
                 std::vector<std::int64_t> sums(count * pixels);
                 for (int channel = 0; channel < count; ++channel) {
                   std::fill_n(sums.begin() + static_cast<std::ptrdiff_t>(channel * pixels), pixels,
                               layer.bias[first + channel]);
                 }
                 add_products(first, count, sums.data());
                 for (int channel = 0; channel < count; ++channel)
                   finish(layer, first + channel, &sums[channel * pixels]);
               });
}

/// `sums`: of the channel, with bias.
void GoldenModel::finish(const QuantizedLayer& layer, int channel, const std::int64_t* sums) {
  const Shape& out = network_.tensors[layer.output].shape;
  const int plane = out.height * out.width;
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
        PooledWindow pooled;
        for (int r = 0; r < window.kernel_h; ++r) {
          const int iy = y * window.stride_h + r * window.dilation_h - window.pad_top;
          if (iy < 0 || iy >= in.height) continue;
          for (int s = 0; s < window.kernel_w; ++s) {
            const int ix = x * window.stride_w + s * window.dilation_w - window.pad_left;
            if (ix < 0 || ix >= in.width) continue;
            pooled.take(input[(c * in.height + iy) * in.width + ix]);
          }
        }
        output[(c * out.height + y) * out.width + x] = pooled.result(layer);
      }
    }
  }
}

void GoldenModel::add(const QuantizedLayer& layer) {
  const Plane& input = tensors_[layer.input];
  const Plane& operand = tensors_[layer.operand];
  Plane& output = tensors_[layer.output];
  for (std::size_t i = 0; i < output.size(); ++i) output[i] = added(input[i], operand[i], layer);
}

void GoldenModel::look_up(const QuantizedLayer& layer) {
  const Plane& input = tensors_[layer.input];
  Plane& output = tensors_[layer.output];
  for (std::size_t i = 0; i < output.size(); ++i) output[i] = looked_up(input[i], layer);
}

}  // namespace bitbalance::golden
