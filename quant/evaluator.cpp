#include "quant/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <limits>
#include <stdexcept>

#include "quant/normalization.h"

namespace bitbalance {
namespace {

// A convolution is a matrix product of filters and gathered patches. Its innermost tile is 4 filters x 8
// pixels, which fits the 16 vector registers of x86-64; patches are gathered for 64 pixels at once, which
// stay in the cache while all filters pass over them.
constexpr int kTileFilters = 4;
constexpr int kTilePixels = 8;
constexpr int kBlockPixels = 64;

// Spelled as vectors (a GCC and Clang extension) because left to itself GCC 12 vectorizes over the depth, 3x
// slower.
using Lanes = float __attribute__((vector_size(16)));
constexpr int kLanes = 4;
using Tile = std::array<std::array<Lanes, kTilePixels / kLanes>, kTileFilters>;

// filters[i] and patch both step through the depth; patch holds kTilePixels values for each.
Tile multiply(const std::array<const float*, kTileFilters>& filters, const float* patch, std::size_t depth) {
  Tile sums{};
  for (std::size_t k = 0; k < depth; ++k, patch += kTilePixels) {
    std::array<Lanes, kTilePixels / kLanes> pixels;
    std::memcpy(pixels.data(), patch, sizeof pixels);
    for (int i = 0; i < kTileFilters; ++i) {
      for (int j = 0; j < kTilePixels / kLanes; ++j) sums[i][j] += filters[i][k] * pixels[j];
    }
  }
  return sums;
}

// Eight partial sums, so that the compiler may use vectors without reordering anything.
float dot(const float* a, const float* b, std::size_t size) {
  std::array<float, kTilePixels> sums{};
  std::size_t i = 0;
  for (; i + kTilePixels <= size; i += kTilePixels)
    for (int j = 0; j < kTilePixels; ++j) sums[j] += a[i + j] * b[i + j];
  float sum = 0;
  for (; i < size; ++i) sum += a[i] * b[i];
  for (const float partial : sums) sum += partial;
  return sum;
}

// Inputs of the output pixels first .. first + count - 1 over `channels` planes from `planes` on: element k
// of pixel p at [p / lanes][k][p % lanes]. Pixels past the last and padding are zero.
void gather(const float* planes, int channels, const Shape& in, const Window& window, int out_width,
            int first, int count, int lanes, std::vector<float>& patches) {
  const std::size_t depth = channels * window.area();
  const int tiles = (count + lanes - 1) / lanes;
  patches.assign(tiles * depth * lanes, 0.0F);
  for (int p = 0; p < count; ++p) {
    const int top = (first + p) / out_width * window.stride_h - window.pad_top;
    const int left = (first + p) % out_width * window.stride_w - window.pad_left;
    float* element = &patches[(p / lanes) * depth * lanes + p % lanes];
    for (int c = 0; c < channels; ++c) {
      const float* plane = planes + std::int64_t{c} * in.height * in.width;
      for (int r = 0; r < window.kernel_h; ++r) {
        const int y = top + r * window.dilation_h;
        const bool inside = y >= 0 && y < in.height;
        for (int s = 0; s < window.kernel_w; ++s, element += lanes) {
          const int x = left + s * window.dilation_w;
          if (inside && x >= 0 && x < in.width) *element = plane[std::int64_t{y} * in.width + x];
        }
      }
    }
  }
}

}  // namespace

Evaluator::Evaluator(const Network& network) : network_(network), values_(network.tensors.size()) {
  for (const Node& node : network.nodes) values_[node.output].resize(network.shape(node.output).elements());
}

const std::vector<float>& Evaluator::run(const std::vector<float>& image) {
  const auto expected = static_cast<std::size_t>(network_.shape(network_.input).elements());
  if (image.size() != expected) {
    throw std::invalid_argument(fmt::format("network {}: an image of {} values; its input takes {}",
                                            network_.name, image.size(), expected));
  }
  values_[network_.input] = image;
  for (const Node& node : network_.nodes) {
    switch (node.op) {
      case Op::kConv:
        convolve(node);
        break;
      case Op::kMaxPool:
      case Op::kAvgPool:
        pool(node);
        break;
      case Op::kAffine:
      case Op::kClip:
      case Op::kAdd:
        elementwise(node);
        break;
      case Op::kConcat:
        concatenate(node);
        break;
      case Op::kLrn:
        values_[node.output] =
            local_response_normalization(values_[node.input], network_.shape(node.input).channels, node.lrn);
        break;
      case Op::kSoftmax:
        values_[node.output] = softmax(values_[node.input]);
        break;
    }
  }
  return values_[network_.output];
}

void Evaluator::convolve(const Node& node) {
  const Shape& in = network_.shape(node.input);
  const Shape& out = network_.shape(node.output);
  const int group_inputs = in.channels / node.groups;
  const int group_filters = out.channels / node.groups;
  const int pixels = out.height * out.width;
  const std::size_t depth = group_inputs * node.window.area();
  float* result = values_[node.output].data();

  for (int group = 0; group < node.groups; ++group) {
    const float* planes = &values_[node.input][std::int64_t{group} * group_inputs * in.height * in.width];
    const int first_filter = group * group_filters;
    const int end_filter = first_filter + group_filters;
    if (pixels == 1) {  // fully connected
      gather(planes, group_inputs, in, node.window, out.width, 0, 1, 1, patches_);
      for (int m = first_filter; m < end_filter; ++m)
        result[m] = node.bias[m] + dot(&node.weights[m * depth], patches_.data(), depth);
      continue;
    }
    for (int block = 0; block < pixels; block += kBlockPixels) {
      const int count = std::min(kBlockPixels, pixels - block);
      gather(planes, group_inputs, in, node.window, out.width, block, count, kTilePixels, patches_);
      for (int m = first_filter; m < end_filter; m += kTileFilters) {
        std::array<const float*, kTileFilters> filters{};  // past the last filter: the last once more
        for (int i = 0; i < kTileFilters; ++i)
          filters[i] = &node.weights[std::min(m + i, end_filter - 1) * depth];
        for (int tile = 0; tile < count; tile += kTilePixels) {
          const Tile sums = multiply(filters, &patches_[tile * depth], depth);
          for (int i = 0; i < std::min(kTileFilters, end_filter - m); ++i) {
            for (int j = 0; j < std::min(kTilePixels, count - tile); ++j) {
              result[std::int64_t{m + i} * pixels + block + tile + j] =
                  node.bias[m + i] + sums[i][j / kLanes][j % kLanes];
            }
          }
        }
      }
    }
  }
}

void Evaluator::pool(const Node& node) {
  const Shape& in = network_.shape(node.input);
  const Shape& out = network_.shape(node.output);
  const Window& window = node.window;
  const bool is_max = node.op == Op::kMaxPool;
  auto result = values_[node.output].begin();
  for (int c = 0; c < out.channels; ++c) {
    const float* plane = &values_[node.input][std::int64_t{c} * in.height * in.width];
    for (int oy = 0; oy < out.height; ++oy) {
      const int top = oy * window.stride_h - window.pad_top;
      const int y_end = std::min(top + window.kernel_h, in.height);
      for (int ox = 0; ox < out.width; ++ox) {
        const int left = ox * window.stride_w - window.pad_left;
        const int x_end = std::min(left + window.kernel_w, in.width);
        float largest = -std::numeric_limits<float>::infinity();
        float sum = 0;
        for (int y = std::max(top, 0); y < y_end; ++y) {
          for (int x = std::max(left, 0); x < x_end; ++x) {
            largest = std::max(largest, plane[std::int64_t{y} * in.width + x]);
            sum += plane[std::int64_t{y} * in.width + x];
          }
        }
        const std::int64_t valid = std::int64_t{y_end - std::max(top, 0)} * (x_end - std::max(left, 0));
        *result++ =
            is_max ? largest : sum / static_cast<float>(node.count_include_pad ? window.area() : valid);
      }
    }
  }
}

void Evaluator::elementwise(const Node& node) {
  const std::vector<float>& input = values_[node.input];
  std::vector<float>& result = values_[node.output];
  if (node.op == Op::kAdd) {
    std::transform(input.begin(), input.end(), values_[node.operand].begin(), result.begin(), std::plus<>());
  } else if (node.op == Op::kClip) {
    std::transform(input.begin(), input.end(), result.begin(),
                   [&](float x) { return std::min(std::max(x, node.low), node.high); });
  } else {
    const std::size_t plane = input.size() / node.scale.size();
    for (std::size_t i = 0; i < input.size(); ++i)
      result[i] = node.scale[i / plane] * input[i] + node.bias[i / plane];
  }
}

void Evaluator::concatenate(const Node& node) {
  auto result = values_[node.output].begin();
  for (const int part : sources(node)) result = std::copy(values_[part].begin(), values_[part].end(), result);
}

}  // namespace bitbalance
