// A scale and a bias for each channel of the image that a model spells in several nodes, found at the last of
// them. What the earlier nodes became is left out of the network where nobody else reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// Is it dimension 1, from either end?
bool is_channel_axis(std::int64_t axis, std::size_t rank);

/// y = scale[c] * image + bias[c], for every channel c of the image.
struct ChannelTransform {
  std::string image;
  std::vector<float> scale, bias;
};

/// Concat(Add(Mul(Unsqueeze(Gather(image, c)), scale), bias) for each channel c), as torchvision's
/// `transform_input` is exported, is a transform of the image. Anything else is left to its nodes.
std::optional<ChannelTransform> find_channel_transform(const OnnxGraph& graph, const onnx::NodeProto& concat);

}  // namespace bitbalance::onnx_io
