// Constants that hold how many rows the image decides, in what is computed of extents: the greatest number
// that there can be stands for it.
#pragma once

#include <optional>

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// Of a Shape of so many dimensions that reads such rows.
OpenExtents extents_of_shape(const onnx::NodeProto& shape, const OpenAxis& rows, std::size_t rank);

/// Does the result of a node whose operands are constants depend on the number of rows otherwise than by
/// holding it?
bool computes_with_number(const OnnxGraph& graph, const onnx::NodeProto& node);

/// Of a node whose operands are constants, some of which hold the number of rows: where its result does.
/// Nothing: it does not, whatever the number. Refuses a node that computes_with_number().
std::optional<OpenExtents> extents_of_result(const OnnxGraph& graph, const onnx::NodeProto& node);

}  // namespace bitbalance::onnx_io
