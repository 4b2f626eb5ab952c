// Idioms of exporters that are one operation in several nodes, written as that operation before the importer
// sees them.
#pragma once

#include <onnx/onnx_pb.h>

#include <functional>

#include "quant/onnx_model.h"

namespace bitbalance {

/// Concat(Add(Mul(Unsqueeze(Gather(image, c)), scale), bias) for each channel c), as torchvision's
/// `transform_input` is exported, becomes a BatchNormalization of the image. Anything else stays as it is.
/// `value`: the constant that a tensor holds.
void merge_channel_transforms(onnx::GraphProto& graph,
                              const std::function<OnnxConstant(const onnx::TensorProto&)>& value);

}  // namespace bitbalance
