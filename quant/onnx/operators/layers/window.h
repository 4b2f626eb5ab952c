// Kernel, stride, padding and rounding attributes of ONNX convolutions and poolings as a Window.
#pragma once

#include <cstdint>
#include <vector>

#include "base/shape.h"
#include "quant/onnx/file/model.h"

namespace bitbalance::onnx_io {

/// Window of a two-dimensional convolution over `in`; auto_pad becomes explicit pads.
Window read_window(const OnnxModel& model, const onnx::NodeProto& node,
                   const std::vector<std::int64_t>& kernel, const Shape& in);

/// Window of MaxPool or AveragePool; ceil_mode becomes bottom and right pads. Refuses what the integer
/// pooling does not define: dilation, and a window altogether in the padding. Precondition: no ceil_mode with
/// count_include_pad.
Window read_pool_window(const OnnxModel& model, const onnx::NodeProto& node, const Shape& in);

}  // namespace bitbalance::onnx_io
