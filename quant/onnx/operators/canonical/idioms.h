// The part of canonical.h that looks back over several nodes: functions of each element that a model spells
// in them, as the one operator that they are.
#pragma once

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// Imports the node as the operator that it ends the words for; false: it ends none. Whatever the order of
/// factors and addends:
///
/// | operator | words |
/// |---|---|
/// | a straight line and a clip | HardSigmoid(x), clip(a * x + b, 0, c) / c |
/// | HardSwish | x * clip(x + 3, 0, 6) / 6, x * HardSigmoid(x) |
/// | Gelu | x * (1 + erf(x / sqrt(2))) / 2 |
/// | Gelu, tanh | x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2 |
/// | Sigmoid | 1 / (1 + exp(-x)); y over the same is y * Sigmoid(x) |
/// | Softplus | log(1 + exp(x)) |
bool import_idiom(OnnxGraph& graph, const onnx::NodeProto& node);

}  // namespace bitbalance::onnx_io
