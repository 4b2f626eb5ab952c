// The sums of a convolution as a product of filters and gathered patches: what the float and the integer
// evaluator spend their time in, and how the second-order methods see a layer's inputs.
#pragma once

#include <cstddef>
#include <vector>

#include "base/shape.h"
#include "quant/eval/names.h"

namespace bitbalance::eval {

/// A convolution's geometry; fully connected: a window as large as the image.
struct ConvolutionShape {
  Shape in;
  Shape out;
  Window window;
  int groups = 1;

  int group_inputs() const { return in.channels / groups; }
  int group_filters() const { return out.channels / groups; }
  int pixels() const { return out.height * out.width; }
  /// Weights of a filter, in the order input channel, kernel row, kernel column.
  std::size_t depth() const { return static_cast<std::size_t>(group_inputs() * window.area()); }
};

/// Inputs under the windows of the output pixels first .. first + count - 1 of one group: element k of pixel
/// p at [p / lanes][k][p % lanes] of `patches`. Pixels past the last and padding are zero.
template <typename T>
void gather(const ConvolutionShape& shape, const T* image, int group, int first, int count, int lanes,
            std::vector<T>& patches);

/// The same with a row for each element: element k of pixel p at rows[k * stride + p].
template <typename T>
void gather_rows(const ConvolutionShape& shape, const T* image, int group, int first, int count, T* rows,
                 std::ptrdiff_t stride);

/// sums[filter][pixel] without bias, T float or double, weights of T or 16-bit integers. The order of
/// additions depends on the shape alone. `patches` is scratch memory. Integers give exact sums while sum of
/// |weight| x largest |input| is at most 2^24 (float) or 2^53 (double).
template <typename Weight, typename T>
void convolve(const ConvolutionShape& shape, const Weight* weights, const T* image, T* sums,
              std::vector<T>& patches);

}  // namespace bitbalance::eval
