#include "quant/onnx/operators/layers/wide_window.h"

#include <algorithm>
#include <cstdint>

#include "base/checked.h"

namespace bitbalance::onnx_io {
namespace {

int divisor_within(int dilation, int most) {
  int divisor = std::min(dilation, most);
  while (dilation % divisor != 0) --divisor;
  return divisor;
}

int blocks_of(int extent, int block) {
  return (extent + block - 1) / block;
}

/// Zeros between neighbours: every weight moves to a multiple of `step_h` and `step_w`.
Rewritten spread(const Window& window, const std::vector<float>& weights, int step_h, int step_w) {
  Rewritten result = {window, {}};
  result.window.kernel_h = (window.kernel_h - 1) * step_h + 1;
  result.window.kernel_w = (window.kernel_w - 1) * step_w + 1;
  result.window.dilation_h = window.dilation_h / step_h;
  result.window.dilation_w = window.dilation_w / step_w;
  const std::size_t plane = std::size_t(window.kernel_h) * window.kernel_w;
  const std::size_t width = result.window.kernel_w, planes = weights.size() / plane;
  const std::size_t spread_plane = std::size_t(result.window.kernel_h) * width;
  result.weights.assign(planes * spread_plane, 0);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::size_t row = i % plane / window.kernel_w * step_h, column = i % window.kernel_w * step_w;
    result.weights[i / plane * spread_plane + row * width + column] = weights[i];
  }
  return result;
}

}  // namespace

Rewritten with_small_dilation(const Window& window, std::vector<float> weights) {
  if (window.dilation_h <= kMostStride && window.dilation_w <= kMostStride)
    return {window, std::move(weights)};
  return spread(window, weights, window.dilation_h / divisor_within(window.dilation_h, kMostStride),
                window.dilation_w / divisor_within(window.dilation_w, kMostStride));
}

bool has_wide_stride(const Window& window) {
  return window.stride_h > kMostStride || window.stride_w > kMostStride;
}

std::int64_t rewritten_weights(const Window& window, std::int64_t planes) {
  const auto span = [&](int kernel, int dilation, int stride) {
    const std::int64_t elements = std::int64_t{kernel - 1} * dilation + 1;
    return has_wide_stride(window) ? elements + stride : elements;
  };
  return checked_product({planes, span(window.kernel_h, window.dilation_h, window.stride_h),
                          span(window.kernel_w, window.dilation_w, window.stride_w)})
      .value_or(INT64_MAX);
}

Rewritten over_blocks(const Window& window, const std::vector<float>& weights) {
  const Rewritten dense = spread(window, weights, window.dilation_h, window.dilation_w);
  const int kernel_h = dense.window.kernel_h, kernel_w = dense.window.kernel_w;
  const int block_h = window.stride_h, block_w = window.stride_w;
  Rewritten result;
  result.window.kernel_h = blocks_of(kernel_h, block_h);
  result.window.kernel_w = blocks_of(kernel_w, block_w);
  const std::size_t plane = std::size_t(kernel_h) * kernel_w;
  for (std::size_t of = 0; of < dense.weights.size(); of += plane) {
    for (int i = 0; i < block_h; ++i) {
      for (int j = 0; j < block_w; ++j) {
        for (int r = i; r < result.window.kernel_h * block_h; r += block_h) {
          for (int s = j; s < result.window.kernel_w * block_w; s += block_w) {
            const bool is_tap = r < kernel_h && s < kernel_w;
            result.weights.push_back(is_tap ? dense.weights[of + std::size_t(r) * kernel_w + s] : 0.0F);
          }
        }
      }
    }
  }
  return result;
}

}  // namespace bitbalance::onnx_io
