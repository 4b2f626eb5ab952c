#include "quant/onnx/operators/on_host/open_extents.h"

#include <algorithm>
#include <set>

#include "quant/host/operator_traits.h"
#include "quant/onnx/operators/on_host/host_import.h"
#include "quant/onnx/operators/on_host/row_rules.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// May that input hold such extents, as elements that the result has?
bool may_hold_extents(const std::string& op, int input) {
  if (op == "Concat" || op == "Equal" || op == "Mul") return true;
  return op == "Where" ? input != 0 : input == 0;
}

/// The operands with 1 in the place of each such extent, and 0 for what else may become an element of the
/// result.
std::vector<OnnxValue> marked_operands(const OnnxGraph& graph, const NodeProto& node) {
  std::vector<OnnxValue> marked;
  for (int i = 0; i < node.input_size(); ++i) {
    if (!OnnxGraph::has_input(node, i)) continue;
    OnnxValue& value = marked.emplace_back(graph.value(node, i));
    const std::string& op = node.op_type();
    if (value.extents) {
      value.constant = value.extents->are;
    } else if (may_hold_extents(op, i) && op != "Mul") {
      value.constant.assign(value.constant.size(), 0);
    }
  }
  return marked;
}

/// The one operand that holds such extents aside, are all elements so?
template <class Predicate>
bool all_others(const OnnxGraph& graph, const NodeProto& node, Predicate predicate) {
  int extents = 0;
  for (int i = 0; i < node.input_size(); ++i) {
    const OnnxValue& value = graph.value(node, i);
    extents += value.extents ? 1 : 0;
    if (!value.extents && !std::all_of(value.constant.begin(), value.constant.end(), predicate)) return false;
  }
  return extents == 1;
}

std::string rows_of_extents(const OnnxGraph& graph, const NodeProto& node) {
  for (int i = 0; i < node.input_size(); ++i) {
    if (OnnxGraph::has_input(node, i) && graph.value(node, i).extents)
      return graph.value(node, i).extents->by;
  }
  return {};
}

/// No number of rows is negative.
bool compares_with_negatives(const OnnxGraph& graph, const NodeProto& node) {
  return node.op_type() == "Equal" && all_others(graph, node, [](float x) { return x < 0; });
}

}  // namespace

bool computes_with_number(const OnnxGraph& graph, const NodeProto& node) {
  const std::string by = rows_of_extents(graph, node);
  static const std::set<std::int64_t> wide = {onnx::TensorProto::FLOAT, onnx::TensorProto::DOUBLE,
                                              onnx::TensorProto::INT32, onnx::TensorProto::INT64};
  const std::string& op = node.op_type();
  if (!has_trait(op, host::kPassesExtents)) return true;
  for (int i = 0; i < node.input_size(); ++i) {
    if (!OnnxGraph::has_input(node, i)) continue;
    const OnnxValue& value = graph.value(node, i);
    if (value.tensor >= 0 || (value.extents && (value.extents->by != by || !may_hold_extents(op, i))))
      return true;
  }
  if (op == "Cast") return wide.count(int_attribute(node, "to", 0)) == 0;
  if (op == "Equal") return !compares_with_negatives(graph, node);
  return op == "Mul" && !all_others(graph, node, [](float x) { return x == 1; });
}

OpenExtents extents_of_shape(const NodeProto& shape, const OpenAxis& rows, std::size_t rank) {
  std::vector<float> are(rank, 0);
  are[rows.axis] = 1;
  const auto count = static_cast<std::int64_t>(rank);
  const auto bound = [count](std::int64_t d, std::int64_t least) {
    return std::clamp(d < 0 ? d + count : d, least, count);
  };
  const std::int64_t start = bound(int_attribute(shape, "start", 0), 0);
  const std::int64_t end = bound(int_attribute(shape, "end", count), start);
  return {rows.by, {are.begin() + start, are.begin() + end}};
}

std::optional<OpenExtents> extents_of_result(const OnnxGraph& graph, const NodeProto& node) {
  const std::string by = rows_of_extents(graph, node);
  const std::string& op = node.op_type();
  if (computes_with_number(graph, node)) refuse_rows(graph, node, by, "computes with the number of rows");
  if (op == "Equal") return {};
  const std::vector<OnnxValue> marked = marked_operands(graph, node);
  static const std::set<std::string> views = {"Cast",    "Flatten", "Identity",
                                              "Reshape", "Squeeze", "Unsqueeze"};
  if (views.count(op) != 0) return OpenExtents{by, marked[0].constant};
  std::vector<const OnnxValue*> operands;
  const HostOperator read = read_operator(graph, node, operands);
  std::vector<HostView> values;
  for (std::size_t i = 0; i < operands.size(); ++i)
    values.emplace_back(marked[i].dims, marked[i].constant.data());
  return OpenExtents{by, evaluate(read, values).values};
}

}  // namespace bitbalance::onnx_io
