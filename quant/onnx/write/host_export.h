// Graphs of the host -> ONNX nodes: what quant/onnx/export.h makes of the operators that are no layers.
#pragma once

#include <string>
#include <vector>

#include "quant/host/host_graph.h"
#include "quant/onnx/write/writer.h"

namespace bitbalance::onnx_io {

/// Operator set that the nodes are of, the newest of ONNX 1.12, and the IR version that goes with it.
constexpr std::int64_t kHostOpset = 17;
constexpr std::int64_t kHostIrVersion = 8;

/// A tensor of the file.
struct OnnxTensor {
  std::string name;
  Dims dims;
};

/// Adds nodes that compute `output` from `inputs`; the graph reads and writes them under extents of its own,
/// with as many elements. The last step is named `name`, those before it and all constants are named after
/// it. An operator whose meaning was another in its own operator set is said in others' words. Throws
/// std::invalid_argument, with the operator's name, for what kHostOpset cannot say: updates by the
/// larger or smaller of two, and Resize by tf_half_pixel_for_nn that rounds up or interpolates.
void write_host_graph(OnnxWriter& writer, const std::string& name, const HostGraph& graph,
                      const std::vector<OnnxTensor>& inputs, const OnnxTensor& output);

}  // namespace bitbalance::onnx_io
