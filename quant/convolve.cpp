#include "quant/convolve.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace bitbalance {
namespace {

// The innermost tile is 4 filters x 8 pixels, which as floats fits the 16 vector registers of x86-64; patches
// are gathered for 64 pixels at once, which stay in the cache while all filters pass over them.
constexpr int kTileFilters = 4;
constexpr int kTilePixels = 8;
constexpr int kBlockPixels = 64;

// Spelled as vectors (a GCC and Clang extension) because left to itself GCC 12 vectorizes over the depth, 3x
// slower.
constexpr int kVectorBytes = 16;
template <typename T>
struct Vector {
  using Type __attribute__((vector_size(kVectorBytes))) = T;
};
template <typename T>
using Lanes = typename Vector<T>::Type;
template <typename T>
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));
template <typename T>
using Tile = std::array<std::array<Lanes<T>, kTilePixels / kLanes<T>>, kTileFilters>;

// filters[i] and patch both step through the depth; patch holds kTilePixels values for each.
template <typename T>
Tile<T> multiply(const std::array<const T*, kTileFilters>& filters, const T* patch, std::size_t depth) {
  Tile<T> sums{};
  for (std::size_t k = 0; k < depth; ++k, patch += kTilePixels) {
    std::array<Lanes<T>, kTilePixels / kLanes<T>> pixels;
    std::memcpy(pixels.data(), patch, sizeof pixels);
    for (int i = 0; i < kTileFilters; ++i) {
      for (int j = 0; j < kTilePixels / kLanes<T>; ++j) sums[i][j] += filters[i][k] * pixels[j];
    }
  }
  return sums;
}

// Eight partial sums, so that the compiler may use vectors without reordering anything.
template <typename T>
T dot(const T* a, const T* b, std::size_t size) {
  std::array<T, kTilePixels> sums{};
  std::size_t i = 0;
  for (; i + kTilePixels <= size; i += kTilePixels)
    for (int j = 0; j < kTilePixels; ++j) sums[j] += a[i + j] * b[i + j];
  T sum = 0;
  for (; i < size; ++i) sum += a[i] * b[i];
  for (const T partial : sums) sum += partial;
  return sum;
}

}  // namespace

template <typename T>
void gather(const ConvolutionShape& shape, const T* image, int group, int first, int count, int lanes,
            std::vector<T>& patches) {
  const Shape& in = shape.in;
  const Window& window = shape.window;
  const int area = static_cast<int>(window.area());
  const int tiles = (count + lanes - 1) / lanes;
  const int padded = tiles * lanes;
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
  const std::size_t plane_size = static_cast<std::size_t>(in.height) * in.width;
  const T* planes = image + plane_size * group * shape.group_inputs();
  patches.resize(padded * shape.depth());
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
void convolve(const ConvolutionShape& shape, const T* weights, const T* image, T* sums,
              std::vector<T>& patches) {
  const int pixels = shape.pixels();
  const std::size_t depth = shape.depth();
  for (int group = 0; group < shape.groups; ++group) {
    const int first_filter = group * shape.group_filters();
    const int end_filter = first_filter + shape.group_filters();
    if (pixels == 1) {  // fully connected
      gather(shape, image, group, 0, 1, 1, patches);
      for (int m = first_filter; m < end_filter; ++m)
        sums[m] = dot(&weights[m * depth], patches.data(), depth);
      continue;
    }
    for (int block = 0; block < pixels; block += kBlockPixels) {
      const int count = std::min(kBlockPixels, pixels - block);
      gather(shape, image, group, block, count, kTilePixels, patches);
      for (int m = first_filter; m < end_filter; m += kTileFilters) {
        std::array<const T*, kTileFilters> filters{};  // past the last filter: the last once more
        for (int i = 0; i < kTileFilters; ++i) filters[i] = &weights[std::min(m + i, end_filter - 1) * depth];
        for (int tile = 0; tile < count; tile += kTilePixels) {
          const Tile<T> part = multiply(filters, &patches[tile * depth], depth);
          for (int i = 0; i < std::min(kTileFilters, end_filter - m); ++i) {
            for (int j = 0; j < std::min(kTilePixels, count - tile); ++j)
              sums[std::int64_t{m + i} * pixels + block + tile + j] = part[i][j / kLanes<T>][j % kLanes<T>];
          }
        }
      }
    }
  }
}

template void gather(const ConvolutionShape&, const float*, int, int, int, int, std::vector<float>&);
template void gather(const ConvolutionShape&, const double*, int, int, int, int, std::vector<double>&);
template void convolve(const ConvolutionShape&, const float*, const float*, float*, std::vector<float>&);
template void convolve(const ConvolutionShape&, const double*, const double*, double*, std::vector<double>&);

}  // namespace bitbalance
