// Operators of which the image decides how many rows of indices they give: see open_rows.h.
#include <algorithm>

#include "quant/onnx/graph/spelling.h"
#include "quant/onnx/operators/on_host/host_import.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// Of constants there are exactly as many rows as there are.
void choose_constants(OnnxGraph& graph, const NodeProto& node, const HostOperator& op,
                      const std::vector<const OnnxValue*>& operands) {
  OnnxValue rows = graph.add_step(node, op, operands, node.output(0) + " (rows)");
  const auto none = std::find(rows.constant.begin(), rows.constant.end(), -1.0F);
  rows.constant.erase(none, rows.constant.end());
  rows.dims[0] = static_cast<std::int64_t>(rows.constant.size()) / 3;
  rows.type = onnx::TensorProto::INT64;
  graph.define(node, node.output(0), std::move(rows));
}

void non_max_suppression(OnnxGraph& graph, const NodeProto& node) {
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_operator(graph, node, operands);
  if (op.attributes.integer("max_output_boxes_per_class", 0) < 1) {
    graph.model().fail(
        node, "max_output_boxes_per_class is below 1; accepted: 1 or more (0, its default, chooses no box)");
  }
  if (operands.size() == 2 && operands[0]->tensor < 0 && operands[1]->tensor < 0) {
    choose_constants(graph, node, op, operands);
    return;
  }
  const std::string marked = node.output(0) + " (rows)";
  graph.name_value(marked, graph.add_step(node, op, operands, marked));
  OnnxValue rows = graph.known(node, marked);
  graph.check_indices(node, rows.dims[0]);
  // Whoever looks up something by a row that is none finds something.
  Spelling(graph, node).result("Max", {rows, Spelling::number(0)});
  rows = graph.known(node, node.output(0));
  rows.open = OpenAxis{0, marked, 0, true};
  graph.note_open(rows.tensor);
  graph.name_value(node.output(0), std::move(rows));
}

}  // namespace

OnnxHandlers chosen_row_handlers() {
  return {{"NonMaxSuppression", non_max_suppression}};
}

}  // namespace bitbalance::onnx_io
