#include "testbench/golden/golden_convolution.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/bits.h"
#include "base/vector_clones.h"

namespace bitbalance::golden {
namespace {

constexpr int kTaps = 4;      ///< whose products are added together
constexpr int kPixels = 512;  ///< whose sums are in the nearest cache together

/// Adds the products of kTaps taps, one pixel after the other, to the sums of `channels`.
template <class Number, int channels>
[[gnu::always_inline]] inline void add_products(const Number (*weights)[4],
                                                const std::array<const Number*, kTaps>& from, int count,
                                                Number* __restrict sums) {
  static_assert(kTaps == 4);
  const Number *const a = from[0], *const b = from[1], *const c = from[2], *const d = from[3];
  for (int channel = 0; channel < channels; ++channel) {
    const Number w0 = weights[0][channel], w1 = weights[1][channel], w2 = weights[2][channel],
                 w3 = weights[3][channel];
    Number* __restrict const line = sums + channel * kPixels;
    for (int i = 0; i < count; ++i) line[i] += (w0 * a[i] + w1 * b[i]) + (w2 * c[i] + w3 * d[i]);
  }
}

BITBALANCE_VECTOR_CLONES
void add_to_one(const float (*weights)[4], const std::array<const float*, kTaps>& from, int count,
                float* sums) {
  add_products<float, 1>(weights, from, count, sums);
}
BITBALANCE_VECTOR_CLONES
void add_to_one(const double (*weights)[4], const std::array<const double*, kTaps>& from, int count,
                double* sums) {
  add_products<double, 1>(weights, from, count, sums);
}
BITBALANCE_VECTOR_CLONES
void add_to_all(const float (*weights)[4], const std::array<const float*, kTaps>& from, int count,
                float* sums) {
  add_products<float, 4>(weights, from, count, sums);
}
BITBALANCE_VECTOR_CLONES
void add_to_all(const double (*weights)[4], const std::array<const double*, kTaps>& from, int count,
                double* sums) {
  add_products<double, 4>(weights, from, count, sums);
}

}  // namespace

template <class Number>
std::int64_t ConvolutionSums<Number>::exact_products(std::int64_t largest) {
  return (std::int64_t{1} << std::numeric_limits<Number>::digits) / std::max<std::int64_t>(largest, 1);
}

template <class Number>
ConvolutionSums<Number>::ConvolutionSums(const QuantizedLayer& layer, const Shape& in, const Shape& out,
                                         const std::vector<std::int32_t>& input, std::int64_t largest)
    : layer_(layer),
      out_(out),
      group_inputs_(in.channels / layer.groups),
      group_outputs_(out.channels / layer.groups),
      exact_(exact_products(largest << (layer.weight_bits - 1)) / kTaps * kTaps) {
  const Window& w = layer.window;
  const auto extent = [](int outputs, int stride, int dilation, int kernel, int inputs) {
    return ceil_div(std::max((outputs - 1) * stride + dilation * (kernel - 1) + 1, inputs), stride);
  };
  const int rows = extent(out.height, w.stride_h, w.dilation_h, w.kernel_h, in.height + w.pad_top);
  pitch_ = extent(out.width, w.stride_w, w.dilation_w, w.kernel_w, in.width + w.pad_left);
  const auto place = [&](int y, int x) {
    const std::ptrdiff_t phase = std::ptrdiff_t{y % w.stride_h} * w.stride_w + x % w.stride_w;
    return (phase * rows + y / w.stride_h) * pitch_ + x / w.stride_w;
  };
  channel_pitch_ = std::ptrdiff_t{w.stride_h} * w.stride_w * rows * pitch_;
  elements_.resize(static_cast<std::size_t>(in.channels * channel_pitch_));
  const std::int32_t* element = input.data();
  for (int c = 0; c < in.channels; ++c) {
    for (int y = 0; y < in.height; ++y) {
      for (int x = 0; x < in.width; ++x) {
        elements_[c * channel_pitch_ + place(y + w.pad_top, x + w.pad_left)] =
            static_cast<Number>(*element++);
      }
    }
  }
  for (int r = 0; r < w.kernel_h; ++r)
    for (int s = 0; s < w.kernel_w; ++s) places_.push_back(place(r * w.dilation_h, s * w.dilation_w));
}

// Without those that have no weight but 0, and filled up to a multiple of kTaps.
template <class Number>
std::vector<typename ConvolutionSums<Number>::Tap> ConvolutionSums<Number>::taps_of(int first,
                                                                                    int count) const {
  const auto area = places_.size(), depth = group_inputs_ * area;
  const std::int16_t* const weights = layer_.weights.data() + first * depth;
  const std::ptrdiff_t begin = first / group_outputs_ * group_inputs_ * channel_pitch_;
  std::vector<Tap> taps;
  taps.reserve(depth + kTaps);
  for (std::size_t i = 0; i < depth; ++i) {
    Tap tap;
    tap.place = begin + static_cast<std::ptrdiff_t>(i / area) * channel_pitch_ + places_[i % area];
    bool has_weight = false;
    for (int channel = 0; channel < count; ++channel) {
      tap.weights[channel] = weights[channel * depth + i];
      has_weight |= weights[channel * depth + i] != 0;
    }
    if (has_weight) taps.push_back(tap);
  }
  while (taps.size() % kTaps != 0) taps.emplace_back();
  return taps;
}

template <class Number>
void ConvolutionSums<Number>::add(int first, int count, std::int64_t* sums) const {
  const std::vector<Tap> taps = taps_of(first, count);
  const int pixels = out_.height * out_.width;
  const int end = (out_.height - 1) * pitch_ + out_.width;  // in line, gaps included
  std::array<Number, kChannels * kPixels> part{};
  for (int begin = 0; begin < end; begin += kPixels) {
    const int length = std::min(kPixels, end - begin);
    for (std::size_t tap = 0; tap < taps.size();) {
      part.fill(0);
      const std::size_t stop = std::min(taps.size(), tap + static_cast<std::size_t>(exact_));
      for (; tap < stop; tap += kTaps) {
        Number weights[kTaps][kChannels];
        std::array<const Number*, kTaps> from{};
        for (int i = 0; i < kTaps; ++i) {
          std::copy_n(taps[tap + i].weights, kChannels, weights[i]);
          from[i] = elements_.data() + taps[tap + i].place + begin;
        }
        if (count == 1) {
          add_to_one(weights, from, length, part.data());
        } else {
          add_to_all(weights, from, length, part.data());
        }
      }
      for (int channel = 0; channel < count; ++channel) {
        std::int64_t* const plane = sums + std::ptrdiff_t{channel} * pixels;
        int y = begin / pitch_, x = begin % pitch_;
        for (int i = 0; i < length; ++i) {
          if (x < out_.width)
            plane[y * out_.width + x] += static_cast<std::int64_t>(part[channel * kPixels + i]);
          if (++x == pitch_) ++y, x = 0;
        }
      }
    }
  }
}

template class ConvolutionSums<float>;
template class ConvolutionSums<double>;

}  // namespace bitbalance::golden
