// Idioms of exporters that are one operation in several nodes, found before those nodes are imported.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "quant/onnx/model.h"

namespace bitbalance::onnx_io {

/// y = scale[c] * image + bias[c], for every channel c of the image.
struct ChannelTransform {
  std::string image;
  std::vector<float> scale, bias;
};

struct ChannelTransforms {
  std::map<const onnx::NodeProto*, ChannelTransform> concats;
  std::set<const onnx::NodeProto*> merged;  ///< nodes that a Concat stands for: they are no layers
};

/// Concat(Add(Mul(Unsqueeze(Gather(image, c)), scale), bias) for each channel c), as torchvision's
/// `transform_input` is exported, is a transform of the image. Anything else is left to its nodes.
ChannelTransforms find_channel_transforms(const OnnxModel& model);

}  // namespace bitbalance::onnx_io
