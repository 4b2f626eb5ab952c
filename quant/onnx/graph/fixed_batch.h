// A file that takes a fixed number of images at once, imported for one of them. That is right where every
// node treats the images one by one: then each result has them along one of its dimensions, one after the
// other.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// A node of such a file for one image.
struct NodeForOne {
  onnx::NodeProto node;
  /// Inputs of that node in place of those that tell of all images.
  std::map<std::string, OnnxValue> constants;
  std::vector<std::size_t> batch;  ///< by output: the dimension along which the file has the images
};

/// Precondition: the node reads an activation, and is neither an If, Loop or Scan nor asks for extents alone.
/// Throws OnnxError where it does not treat the images one by one, or is not known to.
NodeForOne for_one_image(const OnnxGraph& graph, const onnx::NodeProto& node);

/// Of a node that does not.
[[noreturn]] void fail_of_batch(const OnnxModel& model, const onnx::NodeProto& node);

}  // namespace bitbalance::onnx_io
