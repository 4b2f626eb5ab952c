#include "quant/onnx/operators/layers/window.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

namespace bitbalance::onnx_io {
namespace {

// `expected` integers from `least` up; they become int fields.
std::vector<std::int64_t> checked(const OnnxModel& model, const onnx::NodeProto& node, const char* name,
                                  std::vector<std::int64_t> values, std::size_t expected,
                                  std::int64_t least) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int16_t>::max();
  const bool is_good =
      values.size() == expected &&
      std::all_of(values.begin(), values.end(), [&](std::int64_t v) { return v >= least && v <= kMost; });
  if (!is_good) {
    model.fail(node, fmt::format("{} is [{}]; accepted: {} numbers of {} to {} (two spatial dimensions)",
                                 name, fmt::join(values, ", "), expected, least, kMost));
  }
  return values;
}

// SAME: as many outputs as inputs over stride, rounded up; an odd pad goes to the end (upper) or the
// beginning (lower).
void pad_same(int input, int span, int stride, bool upper, int& before, int& after) {
  const int outputs = (input + stride - 1) / stride;
  const int total = std::max((outputs - 1) * stride + span - input, 0);
  before = upper ? total / 2 : total - total / 2;
  after = total - before;
}

// Padding at the end that makes room for a last, partial window. Since operator set 22 one that would begin
// in the padding at the end is none.
int ceil_pad(const OnnxModel& model, int input, int before, int after, int span, int stride) {
  constexpr std::int64_t kDropsWindows = 22;
  const int slack = input + before + after - span;
  const int missing = slack % stride == 0 ? 0 : stride - slack % stride;
  const bool begins_in_padding = slack + missing >= input + before;
  return begins_in_padding && model.opset() >= kDropsWindows ? after : after + missing;
}

}  // namespace

Window read_window(const OnnxModel& model, const onnx::NodeProto& node,
                   const std::vector<std::int64_t>& kernel, const Shape& in) {
  const auto read = [&](const char* name, std::vector<std::int64_t> fallback, std::int64_t least) {
    const std::size_t expected = fallback.size();
    return checked(model, node, name, ints_attribute(node, name, std::move(fallback)), expected, least);
  };
  checked(model, node, "kernel_shape", kernel, 2, 1);
  const std::vector<std::int64_t> strides = read("strides", {1, 1}, 1);
  const std::vector<std::int64_t> dilations = read("dilations", {1, 1}, 1);
  const std::vector<std::int64_t> pads = read("pads", {0, 0, 0, 0}, 0);

  Window window;
  window.kernel_h = static_cast<int>(kernel[0]);
  window.kernel_w = static_cast<int>(kernel[1]);
  window.stride_h = static_cast<int>(strides[0]);
  window.stride_w = static_cast<int>(strides[1]);
  window.dilation_h = static_cast<int>(dilations[0]);
  window.dilation_w = static_cast<int>(dilations[1]);

  const std::string auto_pad = string_attribute(node, "auto_pad", "NOTSET");
  if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    const bool upper = auto_pad == "SAME_UPPER";
    pad_same(in.height, window.span_h(), window.stride_h, upper, window.pad_top, window.pad_bottom);
    pad_same(in.width, window.span_w(), window.stride_w, upper, window.pad_left, window.pad_right);
  } else if (auto_pad == "NOTSET") {
    window.pad_top = static_cast<int>(pads[0]);
    window.pad_left = static_cast<int>(pads[1]);
    window.pad_bottom = static_cast<int>(pads[2]);
    window.pad_right = static_cast<int>(pads[3]);
  } else if (auto_pad != "VALID") {
    model.fail(node,
               fmt::format("auto_pad is {}; accepted: NOTSET, SAME_UPPER, SAME_LOWER, VALID", auto_pad));
  }
  if (window.output_shape(in, 1).elements() == 0) {
    model.fail(
        node, fmt::format("has a window of {}x{} over {}x{} and its padding; accepted: a window that fits in",
                          window.span_h(), window.span_w(), in.height, in.width));
  }
  return window;
}

Window read_pool_window(const OnnxModel& model, const onnx::NodeProto& node, const Shape& in) {
  Window window = read_window(model, node, ints_attribute(node, "kernel_shape", {}), in);
  if (int_attribute(node, "ceil_mode", 0) != 0) {
    const int bottom =
        ceil_pad(model, in.height, window.pad_top, window.pad_bottom, window.kernel_h, window.stride_h);
    const int right =
        ceil_pad(model, in.width, window.pad_left, window.pad_right, window.kernel_w, window.stride_w);
    const bool overhangs = bottom != window.pad_bottom || right != window.pad_right;
    if (overhangs && string_attribute(node, "auto_pad", "NOTSET") != "NOTSET")
      model.fail(node, "ceil_mode adds windows to those of auto_pad; accepted: ceil_mode with pads");
    window.pad_bottom = bottom;
    window.pad_right = right;
  }
  const Shape out = window.output_shape(in, 1);
  if (window.pad_top >= window.kernel_h || window.pad_left >= window.kernel_w ||
      (out.height - 1) * window.stride_h - window.pad_top >= in.height ||
      (out.width - 1) * window.stride_w - window.pad_left >= in.width) {
    model.fail(node,
               "a window lies in the padding altogether; accepted: every window on at least one element");
  }
  return window;
}

}  // namespace bitbalance::onnx_io
