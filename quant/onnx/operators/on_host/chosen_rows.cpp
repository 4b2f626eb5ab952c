// Operators of which the image decides how many rows of indices they give: see open_rows.h.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "quant/onnx/graph/spelling.h"
#include "quant/onnx/operators/on_host/host_import.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// Of what is found the image decides how many rows there are. Those of `found` that are none are -1 in
/// `marked`, row by row, and 0 in the result: whoever looks up something by them finds something.
OnnxValue open_rows(OnnxGraph& graph, Spelling& words, const OnnxValue& found, const OpenAxis& rows,
                    const OnnxValue& marked) {
  graph.name_value(rows.by, marked);
  OnnxValue places = words.step("Max", {found, Spelling::number(0)});
  places.type = onnx::TensorProto::INT64;
  places.open = rows;
  return places;
}

void define_open(OnnxGraph& graph, const NodeProto& node, const OnnxValue& last, const OpenAxis& rows) {
  graph.define_last(node, node.output(0), last);
  OnnxValue result = graph.known(node, node.output(0));
  result.open = rows;
  graph.note_open(result.tensor);
  graph.name_value(node.output(0), std::move(result));
}

/// Of constants there are exactly as many rows, or columns, as are found. `axis`: theirs.
OnnxValue without_padding(OnnxValue found, std::size_t axis) {
  const std::int64_t fixed = found.dims[1 - axis];
  found.constant.erase(std::remove(found.constant.begin(), found.constant.end(), -1.0F),
                       found.constant.end());
  found.dims[axis] = static_cast<std::int64_t>(found.constant.size()) / fixed;
  found.type = onnx::TensorProto::INT64;
  return found;
}

std::string rows_of(const NodeProto& node) {
  return node.output(0) + " (rows)";
}

void non_max_suppression(OnnxGraph& graph, const NodeProto& node) {
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_operator(graph, node, operands);
  if (op.attributes.integer("max_output_boxes_per_class", 0) < 1) {
    graph.model().fail(
        node, "max_output_boxes_per_class is below 1; accepted: 1 or more (0, its default, chooses no box)");
  }
  const OnnxValue found = graph.add_step(node, op, operands, rows_of(node));
  if (found.tensor < 0) {
    graph.define(node, node.output(0), without_padding(found, 0));
    return;
  }
  graph.check_indices(node, found.dims[0]);
  const OpenAxis rows = {0, rows_of(node), 0, true};
  Spelling words(graph, node);
  define_open(graph, node, open_rows(graph, words, found, rows, found), rows);
}

/// Indices of all elements that are not 0, and the same row by row.
struct Places {
  OnnxValue found, marked;
};

Places places_in(Spelling& words, OnnxValue x) {
  x.type = onnx::TensorProto::FLOAT;  // of any integer only whether it is 0 is asked
  const OnnxValue found = words.step("NonZero", {x});
  HostAttributes turned;
  turned.integers["perm"] = {1, 0};
  return {found, found.tensor < 0 ? found : words.step("Transpose", {found}, turned)};
}

void non_zero(OnnxGraph& graph, const NodeProto& node) {
  const OnnxValue x = graph.value(node, 0);
  graph.check_indices(node, checked_count(x.dims));
  Spelling words(graph, node);
  const Places places = places_in(words, x);
  if (places.found.tensor < 0) {
    graph.define(node, node.output(0), without_padding(places.found, 1));
    return;
  }
  const OpenAxis columns = {1, rows_of(node), 0, true};
  define_open(graph, node, open_rows(graph, words, places.found, columns, places.marked), columns);
}

/// The parts along an axis, or of all elements in a row, for which the condition holds.
void compress(OnnxGraph& graph, const NodeProto& node) {
  const OnnxValue condition = graph.value(node, 1);
  OnnxValue x = graph.value(node, 0);
  const bool is_flat = find_attribute(node, "axis") == nullptr;
  if (is_flat) x.dims = {element_count(x.dims)};
  const std::size_t axis = normal_axis(int_attribute(node, "axis", 0), x.dims.size());
  graph.check_indices(node, x.dims[axis]);
  const std::int64_t length = checked_count(condition.dims);
  if (length > x.dims[axis]) {
    graph.model().fail(node, fmt::format("a condition of {} for an extent of {}; accepted: up to that",
                                         length, x.dims[axis]));
  }
  HostAttributes along;
  along.integers["axis"] = {static_cast<std::int64_t>(axis)};
  Spelling words(graph, node);
  const Places places = places_in(words, condition);
  if (places.found.tensor < 0) {
    OnnxValue kept = without_padding(places.found, 1);
    kept.dims = {kept.dims[1]};
    words.result("Gather", {x, kept}, along);
    return;
  }
  OpenAxis rows = {0, rows_of(node), 0, true};
  OnnxValue places_kept = open_rows(graph, words, places.found, rows, places.marked);
  places_kept.dims = {length};
  rows = {axis, rows.by, 0, false};
  OnnxValue result = words.step("Gather", {x, places_kept}, along);
  result.type = x.type;
  define_open(graph, node, result, rows);
}

}  // namespace

OnnxHandlers chosen_row_handlers() {
  return {{"Compress", compress}, {"NonMaxSuppression", non_max_suppression}, {"NonZero", non_zero}};
}

}  // namespace bitbalance::onnx_io
