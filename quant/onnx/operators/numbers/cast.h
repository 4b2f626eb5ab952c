// Conversions between element types. Activations are real numbers here whatever type the file gives them.
#pragma once

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// Cast. A constant is rounded to the type, and refused where it does not fit an integer one. An activation
/// keeps its value in every real type; to an integer the host cuts its fraction off, to BOOL it tells 0 from
/// the rest.
void import_cast(OnnxGraph& graph, const onnx::NodeProto& node);

/// Cast to the type of the second input.
void import_cast_like(OnnxGraph& graph, const onnx::NodeProto& node);

}  // namespace bitbalance::onnx_io
