// Graphs of the host -> ONNX nodes: what quant/onnx/export.h makes of the operators that are no layers.
#pragma once

#include <string>
#include <vector>

#include "quant/host/host_graph.h"
#include "quant/onnx/write/writer.h"

namespace bitbalance::onnx_io {

/// Operator set that the nodes are of, the newest of ONNX 1.12, unless one of them is younger.
constexpr std::int64_t kHostOpset = 17;

/// The operator set that can say this operator: kHostOpset, or the one of which its attributes are.
std::int64_t host_opset(const HostOperator& op);

/// A tensor of the file.
struct OnnxTensor {
  std::string name;
  Dims dims;
};

/// Adds nodes of `opset` that compute `output` from `inputs`; the graph reads and writes them under extents
/// of its own, with as many elements. The last step is named `name`, those before it and all constants are
/// named after it. An operator whose meaning was another in its own operator set is said in others' words.
/// Throws std::invalid_argument, with the operator's name, for what cannot be said: operators that kHostOpset
/// does not have, and Resize by tf_half_pixel_for_nn that rounds up or interpolates. Precondition:
/// host_opset() of no step is younger.
void write_host_graph(OnnxWriter& writer, std::int64_t opset, const std::string& name, const HostGraph& graph,
                      const std::vector<OnnxTensor>& inputs, const OnnxTensor& output);

}  // namespace bitbalance::onnx_io
