// Windows over volumes (1 x channels x depth x height x width: films, tomographies) on an accelerator whose
// layers have rows and columns, and no third direction.
//
// A pooling is two: of planes, and along the depth. A convolution is one, over a picture in which the planes
// that one result is made of are channels, and the planes of results lie below each other:
//
//   volume [C][D][H][W] -> picture [C * kernel depth][results' depth * (H + gap)][W]
//
// The weights are the file's in their order, once for all depths. Rows between two planes, where a window
// would see both, are computed and cut off.
#pragma once

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// Dimensions of a volume with batch and channels.
constexpr std::size_t kVolumeRank = 5;

/// A Conv over a volume.
void import_volume_convolution(OnnxGraph& graph, const onnx::NodeProto& node);

/// A MaxPool or AveragePool over a volume. Preconditions: no dilation; no ceil_mode with count_include_pad.
void import_volume_pool(OnnxGraph& graph, const onnx::NodeProto& node, Op op);

/// An operator on each element or channel of such a convolution's result moves ahead of the cut, so that it
/// joins the layer. False: it is none, or somebody else reads the result.
bool import_ahead_of_cut(OnnxGraph& graph, const onnx::NodeProto& node, OnnxHandler import);

}  // namespace bitbalance::onnx_io
