// Constants that hold how many rows the image decides, in what is computed of extents: the greatest number
// that there can be stands for it.
#pragma once

#include <optional>

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// Of a Shape of so many dimensions that reads such rows.
OpenExtents extents_of_shape(const onnx::NodeProto& shape, const OpenAxis& rows, std::size_t rank);

/// Of a node whose operands are constants, some of which hold the number of rows: where its result does.
/// Nothing: it does not, whatever the number. Refuses a node whose result depends on it otherwise.
std::optional<OpenExtents> extents_of_result(const OnnxGraph& graph, const onnx::NodeProto& node);

}  // namespace bitbalance::onnx_io
