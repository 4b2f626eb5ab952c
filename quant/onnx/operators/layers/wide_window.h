// Convolutions whose stride or dilation is beyond what the accelerator's commands hold, as others that
// compute the same.
#pragma once

#include <cstdint>
#include <vector>

#include "base/shape.h"
#include "quant/ir/window_limits.h"
#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// Weights [filters][channels][kernel_h][kernel_w] of another window over the same elements.
struct Rewritten {
  Window window;
  std::vector<float> weights;
};

/// A dilation above kMostStride becomes one of its divisors: zeros between the weights make up for the rest.
Rewritten with_small_dilation(const Window& window, std::vector<float> weights);

/// A stride above kMostStride, in either direction, becomes 1: blocks of stride x stride elements are
/// channels of an image that has one pixel per block. A dilation becomes zeros between the weights. The
/// padding is the caller's: block (0, 0) begins with it.
Rewritten over_blocks(const Window& window, const std::vector<float>& weights);

bool has_wide_stride(const Window& window);

/// No more weights than this has what the two above return for `planes` filters x channels.
std::int64_t rewritten_weights(const Window& window, std::int64_t planes);

}  // namespace bitbalance::onnx_io
