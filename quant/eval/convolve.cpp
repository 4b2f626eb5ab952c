#include "quant/eval/convolve.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/bits.h"

namespace bitbalance::eval {
namespace {

// The innermost tile is 4 filters x 16 pixels; patches are gathered for 64 pixels at once, which stay in the
// cache while all filters pass over them.
constexpr int kTileFilters = 4;
constexpr int kTilePixels = 16;
constexpr int kBlockPixels = 64;

template <typename T>
using Tile = std::array<std::array<T, kTilePixels>, kTileFilters>;

// Spelled as vectors (a GCC and Clang extension) because left to itself GCC 12 vectorizes over the depth, 3x
// slower.
template <typename T>
struct Sse2 {
  using Vector __attribute__((vector_size(16))) = T;
  using InMemory __attribute__((vector_size(16), aligned(alignof(T)), may_alias)) = T;
};
template <typename T>
struct Avx2 {
  using Vector __attribute__((vector_size(32))) = T;
  using InMemory __attribute__((vector_size(32), aligned(alignof(T)), may_alias)) = T;
};

// filters[i] and patch both step through the depth; patch holds kTilePixels values for each. Two vectors of
// pixels at once: with all filters their sums fit the 16 vector registers of x86-64.
template <typename T, typename Extension>
[[gnu::always_inline]] inline void multiply_with(const std::array<const T*, kTileFilters>& filters,
                                                 const T* patch, std::size_t depth, Tile<T>& tile) {
  using Vector = typename Extension::Vector;
  using InMemory = typename Extension::InMemory;
  constexpr int kLanes = static_cast<int>(sizeof(Vector) / sizeof(T));
  for (int first = 0; first < kTilePixels; first += 2 * kLanes) {
    Vector sums[kTileFilters][2] = {};
    const T* column = patch + first;
    for (std::size_t k = 0; k < depth; ++k, column += kTilePixels) {
      const Vector left = *reinterpret_cast<const InMemory*>(column);
      const Vector right = *reinterpret_cast<const InMemory*>(column + kLanes);
      for (int i = 0; i < kTileFilters; ++i) {
        sums[i][0] += filters[i][k] * left;
        sums[i][1] += filters[i][k] * right;
      }
    }
    for (int i = 0; i < kTileFilters; ++i) std::memcpy(&tile[i][first], sums[i], sizeof sums[i]);
  }
}

template <typename T>
void multiply(const std::array<const T*, kTileFilters>& filters, const T* patch, std::size_t depth,
              Tile<T>& tile) {
  multiply_with<T, Sse2<T>>(filters, patch, depth, tile);
}

// Without fused multiply-adds, so that sums are the same on every machine.
template <typename T>
[[gnu::target("avx2")]] void multiply_avx2(const std::array<const T*, kTileFilters>& filters, const T* patch,
                                           std::size_t depth, Tile<T>& tile) {
  multiply_with<T, Avx2<T>>(filters, patch, depth, tile);
}

// Eight partial sums, so that the compiler may use vectors without reordering anything.
template <typename Weight, typename T>
T dot(const Weight* a, const T* b, std::size_t size) {
  constexpr int kPartialSums = 8;
  std::array<T, kPartialSums> sums{};
  std::size_t i = 0;
  for (; i + kPartialSums <= size; i += kPartialSums)
    for (int j = 0; j < kPartialSums; ++j) sums[j] += static_cast<T>(a[i + j]) * b[i + j];
  T sum = 0;
  for (; i < size; ++i) sum += static_cast<T>(a[i]) * b[i];
  for (const T partial : sums) sum += partial;
  return sum;
}

// Outputs first .. end - 1 of a row whose tap lies inside the input.
struct Inside {
  int first;
  int end;
};

Inside inside(int outputs, int inputs, int stride, int offset) {
  const auto at_least = [&](int x) { return x <= 0 ? 0 : (x + stride - 1) / stride; };
  return {at_least(-offset), std::min(outputs, at_least(inputs - offset))};
}

// One filter over one channel, tap by tap: nothing is gathered, and no lane is left empty for filters that a
// group does not have. Adds in the order of the tiles.
template <typename Weight, typename T>
void convolve_plane(const ConvolutionShape& shape, const Weight* weights, const T* plane, T* sums) {
  const Window& window = shape.window;
  const int width = shape.out.width;
  std::fill_n(sums, shape.pixels(), T{0});
  for (int r = 0; r < window.kernel_h; ++r) {
    const int top = r * window.dilation_h - window.pad_top;
    const Inside rows = inside(shape.out.height, shape.in.height, window.stride_h, top);
    for (int s = 0; s < window.kernel_w; ++s) {
      const auto weight = static_cast<T>(*weights++);
      const int left = s * window.dilation_w - window.pad_left;
      const Inside columns = inside(width, shape.in.width, window.stride_w, left);
      for (int y = rows.first; y < rows.end; ++y) {
        const T* in = plane + std::int64_t{y * window.stride_h + top} * shape.in.width;
        T* out = sums + std::int64_t{y} * width;
        if (window.stride_w == 1) {
          for (int x = columns.first; x < columns.end; ++x) out[x] += weight * in[x + left];
        } else {
          for (int x = columns.first; x < columns.end; ++x) out[x] += weight * in[x * window.stride_w + left];
        }
      }
    }
  }
}

// Are the patches the input's pixels themselves?
bool is_pointwise(const ConvolutionShape& shape) {
  const Window& w = shape.window;
  return w.area() == 1 && std::max(w.stride_h, w.stride_w) == 1 &&
         std::max({w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}) == 0;
}

template <typename T>
void gather_pointwise(const T* planes, int channels, int pixels, int first, int count, int lanes,
                      T* element) {
  for (int tile = 0; tile < count; tile += lanes) {
    const int valid = std::min(lanes, count - tile);
    for (int c = 0; c < channels; ++c) {
      element = std::copy_n(planes + std::int64_t{c} * pixels + first + tile, valid, element);
      element = std::fill_n(element, lanes - valid, T{0});
    }
  }
}

/// Filters m .. m + kTileFilters - 1 of `depth` weights each; past the last one the last once more.
template <typename T>
class FilterTile {
 public:
  FilterTile(int end_filter, std::size_t depth) : end_filter_(end_filter), depth_(depth) {}

  const std::array<const T*, kTileFilters>& at(const T* weights, int m) {
    for (int i = 0; i < kTileFilters; ++i) filters_[i] = &weights[std::min(m + i, end_filter_ - 1) * depth_];
    return filters_;
  }
  /// Converted ahead of the products, which take each weight many times.
  template <typename Weight>
  const std::array<const T*, kTileFilters>& at(const Weight* weights, int m) {
    converted_.resize(kTileFilters * depth_);
    const int count = std::min(kTileFilters, end_filter_ - m);
    std::copy_n(&weights[m * depth_], count * depth_, converted_.begin());
    for (int i = 0; i < kTileFilters; ++i) filters_[i] = &converted_[std::min(i, count - 1) * depth_];
    return filters_;
  }

 private:
  int end_filter_;
  std::size_t depth_;
  std::array<const T*, kTileFilters> filters_{};
  std::vector<T> converted_;
};

}  // namespace

template <typename T>
void gather(const ConvolutionShape& shape, const T* image, int group, int first, int count, int lanes,
            std::vector<T>& patches) {
  const Shape& in = shape.in;
  const Window& window = shape.window;
  const int area = static_cast<int>(window.area());
  const int tiles = ceil_div(count, lanes);
  const int padded = tiles * lanes;
  const std::size_t plane_size = static_cast<std::size_t>(in.height) * in.width;
  const T* planes = image + plane_size * group * shape.group_inputs();
  patches.resize(padded * shape.depth());
  if (is_pointwise(shape)) {
    gather_pointwise(planes, shape.group_inputs(), shape.pixels(), first, count, lanes, patches.data());
    return;
  }
  // Where each tap of each pixel lies in a plane, -1 for padding: the same for all channels.
  std::vector<int> places(static_cast<std::size_t>(area) * padded, -1);
  for (int p = 0; p < count; ++p) {
    const int top = (first + p) / shape.out.width * window.stride_h - window.pad_top;
    const int left = (first + p) % shape.out.width * window.stride_w - window.pad_left;
    int* place = &places[p];
    for (int r = 0; r < window.kernel_h; ++r) {
      const int y = top + r * window.dilation_h;
      for (int s = 0; s < window.kernel_w; ++s, place += padded) {
        const int x = left + s * window.dilation_w;
        if (y >= 0 && y < in.height && x >= 0 && x < in.width) *place = y * in.width + x;
      }
    }
  }
  T* element = patches.data();
  for (int tile = 0; tile < padded; tile += lanes) {
    for (int c = 0; c < shape.group_inputs(); ++c) {
      const T* plane = planes + c * plane_size;
      for (int tap = 0; tap < area; ++tap) {
        const int* place = &places[tap * padded + tile];
        for (int lane = 0; lane < lanes; ++lane) *element++ = place[lane] < 0 ? T{0} : plane[place[lane]];
      }
    }
  }
}

template <typename T>
void gather_rows(const ConvolutionShape& shape, const T* image, int group, int first, int count, T* rows,
                 std::ptrdiff_t stride) {
  const Shape& in = shape.in;
  const Window& window = shape.window;
  const int width = shape.out.width, end = first + count;
  const std::int64_t plane_size = std::int64_t{in.height} * in.width;
  const T* plane = image + plane_size * group * shape.group_inputs();
  for (int c = 0; c < shape.group_inputs(); ++c, plane += plane_size) {
    for (int r = 0; r < window.kernel_h; ++r) {
      const int top = r * window.dilation_h - window.pad_top;
      for (int s = 0; s < window.kernel_w; ++s, rows += stride) {
        const int left = s * window.dilation_w - window.pad_left;
        const Inside columns = inside(width, in.width, window.stride_w, left);
        T* out = rows;
        for (int pixel = first; pixel < end;) {  // up to the end of its line
          const int line = pixel / width, begin = line * width, next = std::min(begin + width, end);
          const int y = line * window.stride_h + top;
          const bool is_inside = y >= 0 && y < in.height;
          const int from = is_inside ? std::clamp(begin + columns.first, pixel, next) : next;
          const int to = is_inside ? std::clamp(begin + columns.end, from, next) : next;
          out = std::fill_n(out, from - pixel, T{0});
          for (int x = from - begin; x < to - begin; ++x)
            *out++ = plane[std::int64_t{y} * in.width + x * window.stride_w + left];
          out = std::fill_n(out, next - to, T{0});
          pixel = next;
        }
      }
    }
  }
}

template <typename Weight, typename T>
void convolve(const ConvolutionShape& shape, const Weight* weights, const T* image, T* sums,
              std::vector<T>& patches) {
  const int pixels = shape.pixels();
  const std::size_t depth = shape.depth();
  const auto run = __builtin_cpu_supports("avx2") ? multiply_avx2<T> : multiply<T>;
  Tile<T> part;
  if (shape.group_inputs() == 1 && shape.group_filters() == 1 && pixels > 1) {  // depthwise
    for (int c = 0; c < shape.in.channels; ++c) {
      convolve_plane(shape, weights + c * depth, image + std::int64_t{c} * shape.in.height * shape.in.width,
                     sums + std::int64_t{c} * pixels);
    }
    return;
  }
  for (int group = 0; group < shape.groups; ++group) {
    const int first_filter = group * shape.group_filters();
    const int end_filter = first_filter + shape.group_filters();
    if (pixels == 1) {  // fully connected
      gather(shape, image, group, 0, 1, 1, patches);
      for (int m = first_filter; m < end_filter; ++m)
        sums[m] = dot(&weights[m * depth], patches.data(), depth);
      continue;
    }
    FilterTile<T> filter_tile(end_filter, depth);
    for (int block = 0; block < pixels; block += kBlockPixels) {
      const int count = std::min(kBlockPixels, pixels - block);
      gather(shape, image, group, block, count, kTilePixels, patches);
      for (int m = first_filter; m < end_filter; m += kTileFilters) {
        const std::array<const T*, kTileFilters>& filters = filter_tile.at(weights, m);
        for (int tile = 0; tile < count; tile += kTilePixels) {
          run(filters, &patches[tile * depth], depth, part);
          for (int i = 0; i < std::min(kTileFilters, end_filter - m); ++i) {
            for (int j = 0; j < std::min(kTilePixels, count - tile); ++j)
              sums[std::int64_t{m + i} * pixels + block + tile + j] = part[i][j];
          }
        }
      }
    }
  }
}

template void gather(const ConvolutionShape&, const float*, int, int, int, int, std::vector<float>&);
template void gather(const ConvolutionShape&, const double*, int, int, int, int, std::vector<double>&);
template void gather_rows(const ConvolutionShape&, const float*, int, int, int, float*, std::ptrdiff_t);
template void convolve(const ConvolutionShape&, const float*, const float*, float*, std::vector<float>&);
template void convolve(const ConvolutionShape&, const std::int16_t*, const float*, float*,
                       std::vector<float>&);
template void convolve(const ConvolutionShape&, const std::int16_t*, const double*, double*,
                       std::vector<double>&);

}  // namespace bitbalance::eval
