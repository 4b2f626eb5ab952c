#include "testbench/golden/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <limits>
#include <stdexcept>

#include "base/process/parallel.h"
#include "base/vector_clones.h"
#include "quant/eval/host_layer.h"
#include "testbench/golden/golden_arithmetic.h"

namespace bitbalance::golden {
namespace {

/// Work that is worth a thread of its own, multiplications.
constexpr std::int64_t kWorthThreads = 10'000'000;

constexpr int kTaps = 4;  ///< that are added to a line of sums together

/// Adds the products of kTaps weights, each with the elements from its place on.
template <class Sum>
[[gnu::always_inline]] inline void add_lines(const std::int16_t* weights, const std::int32_t* const* from,
                                             int count, Sum* sums) {
  static_assert(kTaps == 4);
  const Sum w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
  const std::int32_t *const a = from[0], *const b = from[1], *const c = from[2], *const d = from[3];
  for (int i = 0; i < count; ++i) sums[i] += w0 * a[i] + w1 * b[i] + w2 * c[i] + w3 * d[i];
}
BITBALANCE_VECTOR_CLONES
void add_products(const std::int16_t* weights, const std::int32_t* const* from, int count,
                  std::int32_t* sums) {
  add_lines(weights, from, count, sums);
}
BITBALANCE_VECTOR_CLONES
void add_products(const std::int16_t* weights, const std::int32_t* const* from, int count,
                  std::int64_t* sums) {
  add_lines(weights, from, count, sums);
}

BITBALANCE_VECTOR_CLONES
void add_dot_product(const std::int16_t* weights, const std::int32_t* input, int count, std::int32_t& sum) {
  for (int i = 0; i < count; ++i) sum += weights[i] * input[i];
}
BITBALANCE_VECTOR_CLONES
void add_dot_product(const std::int16_t* weights, const std::int32_t* input, int count, std::int64_t& sum) {
  for (int i = 0; i < count; ++i) sum += std::int64_t{weights[i]} * input[i];
}

/// The products of a line of outputs, kTaps at a time.
template <class Sum>
class Line {
 public:
  Line(Sum* sums, int count, int stride) : sums_(sums), count_(count), stride_(stride) {}

  void add(std::int16_t weight, const std::int32_t* from) {
    if (weight == 0) return;
    if (stride_ != 1) {
      for (int x = 0; x < count_; ++x) sums_[x] += Sum{weight} * from[x * stride_];
      return;
    }
    weights_[taps_] = weight;
    from_[taps_] = from;
    if (++taps_ == kTaps) flush();
  }
  void flush() {
    if (taps_ == 0) return;
    for (; taps_ < kTaps; ++taps_) {
      weights_[taps_] = 0;
      from_[taps_] = from_[0];
    }
    add_products(weights_.data(), from_.data(), count_, sums_);
    taps_ = 0;
  }

 private:
  Sum* sums_;
  int count_, stride_;
  int taps_ = 0;
  std::array<std::int16_t, kTaps> weights_{};
  std::array<const std::int32_t*, kTaps> from_{};
};

/// Adds one output channel's products to its sums. `input`: planes of `in`, which is padded.
template <class Sum>
void convolve_plane(const Window& window, const Shape& in, const Shape& out, const std::int32_t* input,
                    const std::int16_t* weights, std::vector<Sum>& sums) {
  if (in.height == window.kernel_h && in.width == window.kernel_w)  // fully connected
    return add_dot_product(weights, input, static_cast<int>(in.elements()), sums.front());
  for (int y = 0; y < out.height; ++y) {
    Line<Sum> line(&sums[static_cast<std::size_t>(y) * out.width], out.width, window.stride_w);
    const std::int16_t* weight = weights;
    for (int c = 0; c < in.channels; ++c) {
      for (int r = 0; r < window.kernel_h; ++r) {
        const int row = y * window.stride_h + r * window.dilation_h;
        const std::int32_t* const from =
            input + (static_cast<std::ptrdiff_t>(c) * in.height + row) * in.width;
        for (int s = 0; s < window.kernel_w; ++s) line.add(*weight++, from + s * window.dilation_w);
      }
    }
    line.flush();
  }
}

/// `input` with zeros around each plane, as far as the windows of `out` reach.
Plane padded(const Plane& input, const Shape& in, const Window& window, const Shape& out, Shape& shape) {
  const auto extent = [](int outputs, int stride, int dilation, int kernel) {
    return (outputs - 1) * stride + dilation * (kernel - 1) + 1;
  };
  shape = {in.channels,
           std::max(in.height + window.pad_top,
                    extent(out.height, window.stride_h, window.dilation_h, window.kernel_h)),
           std::max(in.width + window.pad_left,
                    extent(out.width, window.stride_w, window.dilation_w, window.kernel_w))};
  if (shape == in) return input;
  Plane plane(static_cast<std::size_t>(shape.elements()), 0);
  for (int c = 0; c < in.channels; ++c) {
    for (int y = 0; y < in.height; ++y) {
      const auto from = input.begin() + (static_cast<std::ptrdiff_t>(c) * in.height + y) * in.width;
      std::copy(from, from + in.width,
                plane.begin() +
                    (static_cast<std::ptrdiff_t>(c) * shape.height + y + window.pad_top) * shape.width +
                    window.pad_left);
    }
  }
  return plane;
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
  const Shape& out = network_.tensors[layer.output].shape;
  Padded source;
  source.plane = padded(input, network_.tensors[layer.input].shape, layer.window, out, source.shape);
  source.largest = largest;
  parallel_for(out.channels, macs(network_, layer) < kWorthThreads ? 1 : options_.threads,
               [&](int channel) { convolve_channel(layer, channel, source); });
}

void GoldenModel::convolve_channel(const QuantizedLayer& layer, int channel, const Padded& input) {
  Shape in = input.shape;  // of a conv group
  const Shape& out = network_.tensors[layer.output].shape;
  in.channels /= layer.groups;
  const int group_outputs = out.channels / layer.groups;
  const int plane = out.height * out.width;
  const std::int32_t* const planes = input.plane.data() + channel / group_outputs * in.elements();
  const auto steps = static_cast<int>(in.channels * layer.window.area());
  const std::int16_t* const weights = layer.weights.data() + static_cast<std::ptrdiff_t>(channel) * steps;

  std::int64_t largest_sum = std::abs(layer.bias[channel]);
  for (int i = 0; i < steps; ++i) largest_sum += std::abs(std::int64_t{weights[i]}) * input.largest;
  std::vector<std::int64_t> sums(plane, layer.bias[channel]);
  if (largest_sum <= std::numeric_limits<std::int32_t>::max()) {  // no sum of some of the products is larger
    std::vector<std::int32_t> narrow(plane, static_cast<std::int32_t>(layer.bias[channel]));
    convolve_plane(layer.window, in, out, planes, weights, narrow);
    std::copy(narrow.begin(), narrow.end(), sums.begin());
  } else {
    convolve_plane(layer.window, in, out, planes, weights, sums);
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
