// Files that are quantized already: QuantizeLinear and DequantizeLinear, QLinearConv and QLinearMatMul, and
// the products of integers behind DynamicQuantizeLinear. They become the network of real numbers that they
// stand for: weights are dequantized, and what an activation can be at most becomes its range.
#pragma once

#include <optional>
#include <string>

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

OnnxHandlers quantized_handlers();

/// Does the node read a value whose scale DynamicQuantizeLinear measures?
bool is_measured(const OnnxGraph& graph, const onnx::NodeProto& node);
/// Mul of such a value: its scale times its integers are numbers again. `multiply` is Mul's own handler.
void multiply_measured(OnnxGraph& graph, const onnx::NodeProto& node, OnnxHandler multiply);

/// The node with the integers themselves for its operands that are such integers, computed on the host;
/// nothing where it has none, is an operator of quantized_handlers() or only moves them.
std::optional<onnx::NodeProto> on_integers(OnnxGraph& graph, const onnx::NodeProto& node);
/// Such integers, where only the numbers are there that they stand for: computed on the way to the node's
/// result.
OnnxValue as_integers(OnnxGraph& graph, const onnx::NodeProto& node, OnnxValue numbers);
/// Makes of an output of the model the integers themselves, if it is such integers; all its readers have been
/// imported. Refuses one whose scale is measured.
void finish_output(OnnxGraph& graph, const std::string& name);

/// Refuses what would have to know a scale that is measured.
void check_measured(const OnnxGraph& graph, const onnx::NodeProto& node);

}  // namespace bitbalance::onnx_io
