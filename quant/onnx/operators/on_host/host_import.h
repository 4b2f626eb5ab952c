// Nodes as operators of the host, for those who look at one before it is imported.
#pragma once

#include <cstdint>
#include <vector>

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// Operator set from which Max, Mean, Min and Sum broadcast as NumPy does.
constexpr std::int64_t kVariadicBroadcasts = 8;

/// Attributes and parameters of a node; its operands go to `operands`. Throws OnnxError.
HostOperator read_operator(const OnnxGraph& graph, const onnx::NodeProto& node,
                           std::vector<const OnnxValue*>& operands);

/// A Pad with its pads of every dimension; its operand goes to `operands`. Throws OnnxError.
HostOperator read_pad(const OnnxGraph& graph, const onnx::NodeProto& node,
                      std::vector<const OnnxValue*>& operands);

}  // namespace bitbalance::onnx_io
