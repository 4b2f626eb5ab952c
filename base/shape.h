// Geometry shared by the float network and the integer one: the extent of an activation tensor and the
// sliding window of a convolution or a pooling.
#pragma once

#include <cstdint>

namespace bitbalance {

/// Extent of one image of an activation tensor, planar: element (c, y, x) stands at (c * height + y) * width
/// + x.
struct Shape {
  int channels = 1;
  int height = 1;
  int width = 1;

  std::int64_t elements() const { return std::int64_t{channels} * height * width; }
  bool operator==(const Shape& o) const {
    return channels == o.channels && height == o.height && width == o.width;
  }
  bool operator!=(const Shape& o) const { return !(*this == o); }
};

/// A sliding window. Output extent = (input + both pads - dilation * (kernel - 1) - 1) / stride + 1, rounded
/// down; ceil mode and auto_pad of the imported graph are already expressed in the bottom and right pads.
struct Window {
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;

  /// Rows that a window spans, from its first to its last tap.
  int span_h() const { return dilation_h * (kernel_h - 1) + 1; }
  int span_w() const { return dilation_w * (kernel_w - 1) + 1; }
  std::int64_t area() const { return std::int64_t{kernel_h} * kernel_w; }

  /// Shape of the result over `input`; its height or width is 0 or negative when the window does not fit.
  Shape output_shape(const Shape& input, int channels) const {
    return {channels, extent(input.height + pad_top + pad_bottom - span_h(), stride_h),
            extent(input.width + pad_left + pad_right - span_w(), stride_w)};
  }

 private:
  static int extent(int slack, int stride) { return slack < 0 ? 0 : slack / stride + 1; }
};

}  // namespace bitbalance
