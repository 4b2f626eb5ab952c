// Integers that the host computes with floats: what an operator leaves of them in its element type.
#pragma once

#include "quant/onnx/graph/graph.h"
#include "quant/onnx/graph/spelling.h"

namespace bitbalance::onnx_io {

/// The fraction cut off: sign * floor(magnitude).
OnnxValue without_fraction(Spelling& words, const OnnxValue& x);

/// The integer of `type`, of up to 16 bits, whose lowest bits are those of the integer `x`: as two's
/// complement has it. Precondition: floats hold x exactly.
OnnxValue wrapped(Spelling& words, OnnxValue x, ElementType type);
float wrapped(float x, ElementType type);

/// What kWholeBounds is for integers of a wide type: those that floats tell apart.
std::vector<std::int64_t> exact_bounds(ElementType type);

/// An operator on integers whose result, computed with real numbers, may be none of its type: imports it with
/// what its type leaves. False for all others; those of wide integers get kWholeBounds, where the result can
/// grow beyond them, and kCutsFraction, where it may be some real number.
bool import_on_integers(OnnxGraph& graph, const onnx::NodeProto& node, HostOperator& op,
                        const std::vector<const OnnxValue*>& operands);

}  // namespace bitbalance::onnx_io
