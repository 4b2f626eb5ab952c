// A convolution over an image, whatever its window: as a layer, or as several where a command does not hold
// it.
#pragma once

#include <vector>

#include "base/shape.h"
#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// What a Conv multiplies with: weights [filters][channels / groups][kernel...], a bias per filter.
struct Filters {
  Dims kernel;  ///< as many as the image has dimensions of space
  int groups = 1;
  std::vector<float> weights;
  std::vector<float> bias;
};

/// Of a Conv over so many channels. Refuses weights and attributes that do not fit.
Filters read_filters(const OnnxGraph& graph, const onnx::NodeProto& node, int channels);

/// The layer or layers that write the node's first output. A row of 1 x channels x width gives such a row.
void add_convolution(OnnxGraph& graph, const onnx::NodeProto& node, int image, const Window& window,
                     Filters filters);

/// Adds a layer over a window, which writes the node's first output.
Node& add_windowed(OnnxGraph& graph, const onnx::NodeProto& node, Op op, int input, const Window& window,
                   int channels);

}  // namespace bitbalance::onnx_io
