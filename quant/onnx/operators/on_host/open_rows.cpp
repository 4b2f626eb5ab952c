#include "quant/onnx/operators/on_host/open_rows.h"

#include <algorithm>
#include <set>

#include "quant/host/operator_traits.h"
#include "quant/onnx/graph/spelling.h"
#include "quant/onnx/operators/on_host/host_import.h"
#include "quant/onnx/operators/on_host/open_extents.h"
#include "quant/onnx/operators/on_host/row_rules.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// Of a constant whose rows along an axis are alike, one of them.
std::optional<OnnxValue> row_of_all(const OnnxValue& value, std::size_t axis) {
  OnnxValue row = value;
  row.dims[axis] = 1;
  row.constant.clear();
  const std::int64_t count = value.dims[axis], inner = element_count(value.dims, axis + 1);
  for (std::int64_t i = 0; i < element_count(value.dims); ++i) {
    const std::int64_t first = i / (count * inner) * count * inner + i % inner;
    if (value.constant[i] != value.constant[first]) return {};
    if (i % (count * inner) < inner) row.constant.push_back(value.constant[i]);
  }
  return row;
}

/// Of each row whether it is one: no element of it is above -1 otherwise.
OnnxValue are_there(OnnxGraph& graph, const NodeProto& node, Spelling& words, const std::string& by) {
  HostAttributes columns;
  columns.integers["axes"] = {1};
  const OnnxValue best = words.step("ReduceMax", {graph.known(node, by)}, columns);
  return words.step("Greater", {best, Spelling::number(-0.5F)});
}

/// Extents, some of which the image decides, as numbers that are computed.
OnnxValue counted(OnnxGraph& graph, const NodeProto& node, const OnnxValue& extents) {
  Spelling words(graph, node);
  const OnnxValue is_row = are_there(graph, node, words, extents.extents->by);
  const OnnxValue one_each = words.step("Where", {is_row, Spelling::number(1), Spelling::number(0)});
  HostAttributes all;
  all.integers["axes"] = {0, 1};
  all.integers["keepdims"] = {0};
  const OnnxValue number = words.step("ReduceSum", {one_each}, all);
  const OnnxValue is_number = {-1, extents.dims, extents.extents->are, onnx::TensorProto::BOOL};
  OnnxValue others = extents;
  others.extents.reset();
  OnnxValue result = words.step("Where", {is_number, number, others});
  result.type = extents.type;
  return result;
}

}  // namespace

OnnxValue closed(OnnxGraph& graph, const NodeProto& node, const OnnxValue& rows, const OnnxValue& other) {
  Spelling words(graph, node);
  OnnxValue is_row = are_there(graph, node, words, rows.open->by);
  is_row.dims.assign(rows.dims.size(), 1);
  is_row.dims[rows.open->axis] = rows.dims[rows.open->axis];
  OnnxValue result = words.step("Where", {is_row, rows, other});
  result.type = rows.type;
  return result;
}

OpenRows::OpenRows(OnnxGraph& graph, const NodeProto& node) : graph_(graph), node_(node) {
  std::optional<OpenAxis> rows;
  int input = -1;
  bool has_extents = false;
  for (int i = 0; i < node.input_size(); ++i) {
    const OnnxValue* value = OnnxGraph::has_input(node, i) ? graph.find(node.input(i)) : nullptr;
    if (value == nullptr) continue;
    has_extents = has_extents || value->extents.has_value();
    if (!value->open || rows) continue;
    rows = value->open;
    input = i;
  }
  graph_.allow_open(rows.has_value());
  if (rows) {
    read_rows(*rows, input);
  } else if (has_extents && has_trait(node.op_type(), host::kElementwise) &&
             computes_with_number(graph, node)) {
    read_counted();
  } else if (has_extents) {
    extents_ = extents_of_result(graph, node);
  }
}

void OpenRows::read_rows(const OpenAxis& rows, int input) {
  const RowReader reader = {graph_, node_, input, rows};
  const std::string& op = node_.op_type();
  if (op == "Shape") {
    if (rows.others != 0) reader.fail("asks for the number of rows and of others behind them");
    extents_ = extents_of_shape(node_, rows, reader.dims().size());
    return;
  }
  if (op == "NonZero" || op == "Compress") {
    read_choice(rows);
    return;
  }
  if (closes(rows, input)) return;
  OpenAxis followed = rows;
  if (follow(followed, input)) {
    result_ = followed;
    return;
  }
  if (has_trait(op, host::kElementwise)) read_counted();
  if (sums_rows(reader)) return;
  result_ = rows_of_result(reader);
  const bool has_indices = op == "Gather" || op == "GatherElements" || op == "GatherND";
  const OnnxValue* indices = has_indices ? graph_.find(node_.input(1)) : nullptr;
  // Whoever looks up something by a row that is none finds something.
  if (indices != nullptr && indices->open && !indices->open->are_places && indices->open->others == 0)
    read_closed(1, Spelling::number(0));
}

/// What is found among rows, or kept of them, is rows of its own; in those that are none is nothing.
void OpenRows::read_choice(const OpenAxis& rows) {
  const bool keeps = node_.op_type() == "Compress";
  const RowReader reader = {graph_, node_, 0, rows};
  const OnnxValue& condition = graph_.value(node_, keeps ? 1 : 0);
  if (keeps && graph_.value(node_, 0).open) {
    const OnnxValue& x = graph_.value(node_, 0);
    const bool has_axis = find_attribute(node_, "axis") != nullptr;
    const bool is_along =
        has_axis && normal_axis(int_attribute(node_, "axis", 0), x.dims.size()) == x.open->axis;
    if (has_axis && !is_along && condition.tensor < 0) {
      result_ = rows;
      result_->are_places = false;
      return;
    }
    const bool is_same = condition.open && condition.open->by == x.open->by && x.open->others == 0;
    if (!is_along || !is_same) reader.fail("chooses among the rows");
  }
  if (condition.open->others != 0) reader.fail("chooses among rows and others behind them");
  read_closed(keeps ? 1 : 0, Spelling::number(0));
}

/// The node reads the input with `other` in the rows that are none.
void OpenRows::read_closed(int input, const OnnxValue& other) {
  const std::string& name = node_.input(input);
  const OnnxValue given = graph_.value(node_, input);
  OnnxValue rows = closed(graph_, node_, given, other);
  rows.open = given.open;
  graph_.name_value(name, std::move(rows));
  given_[name] = given;
}

/// The node computes with the number of rows that there are.
void OpenRows::read_counted() {
  for (const std::string& name : node_.input()) {
    const OnnxValue* value = graph_.find(name);
    if (name.empty() || value == nullptr || !value->extents) continue;
    const OnnxValue given = *value;
    graph_.name_value(name, counted(graph_, node_, given));
    given_[name] = given;
  }
}

/// A reduction along the rows, of which those that are none do not change the result.
bool OpenRows::sums_rows(const RowReader& reader) {
  static const std::map<std::string, float> neutral = {
      {"ReduceL1", 0}, {"ReduceL2", 0}, {"ReduceProd", 1}, {"ReduceSum", 0}, {"ReduceSumSquare", 0}};
  const auto found = neutral.find(node_.op_type());
  if (found == neutral.end() || reader.rows.others != 0 || !reduces_rows(reader)) return false;
  read_closed(0, Spelling::number(found->second));
  return true;
}

/// Constant rows, all alike, behind those that there are: of what a Slice takes of them later, those that are
/// none are some.
bool OpenRows::follow(OpenAxis& rows, int input) {
  const std::string& op = node_.op_type();
  if (rows.others != 0 || input != 0) return false;
  OnnxValue other;
  if (op == "Concat" && node_.input_size() == 2 && graph_.is_constant(node_, 1)) {
    const OnnxValue& constant = graph_.value(node_, 1);
    if (normal_axis(int_attribute(node_, "axis", 1), graph_.dims(node_, 0).size()) != rows.axis ||
        constant.extents)
      return false;
    rows.others = constant.dims[rows.axis];
    const std::optional<OnnxValue> row = row_of_all(constant, rows.axis);
    if (!row || rows.others == 0) return false;
    other = *row;
  } else if (op == "Pad") {
    std::vector<const OnnxValue*> operands;
    const HostOperator pad = read_pad(graph_, node_, operands);
    const std::vector<std::int64_t> pads = pad.attributes.list("pads");
    const std::size_t rank = graph_.dims(node_, 0).size();
    const bool fits = pads.size() == 2 * rank && pad.attributes.word("mode", "constant") == "constant";
    if (!fits || pads[rows.axis] != 0 || pads[rank + rows.axis] <= 0) return false;
    rows.others = pads[rank + rows.axis];
    other = Spelling::number(pad.attributes.number("value", 0));
  } else {
    return false;
  }
  rows.are_places = false;
  read_closed(0, other);
  return true;
}

/// Is the result as many of the first rows for every image? There are at least those that follow.
bool OpenRows::closes(const OpenAxis& rows, int input) const {
  if (node_.op_type() != "Slice" || rows.others == 0 || input != 0) return false;
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_operator(graph_, node_, operands);
  const std::vector<std::int64_t> starts = op.attributes.list("starts"), ends = op.attributes.list("ends"),
                                  steps = op.attributes.list("steps"), axes = op.attributes.list("axes");
  for (std::size_t i = 0; i < starts.size() && i < ends.size(); ++i) {
    const std::int64_t axis = i < axes.size() ? axes[i] : static_cast<std::int64_t>(i);
    if (normal_axis(axis, graph_.dims(node_, 0).size()) != rows.axis) continue;
    const bool is_forward = i >= steps.size() || steps[i] > 0;
    return is_forward && starts[i] >= 0 && ends[i] > 0 && ends[i] <= rows.others;
  }
  return false;
}

void OpenRows::note_results() {
  graph_.allow_open(false);
  for (auto& [name, value] : given_) graph_.name_value(name, std::move(value));
  for (const std::string& name : node_.output()) {
    const OnnxValue* found = graph_.find(name);
    if (found == nullptr) continue;
    OnnxValue result = *found;
    if (extents_ && result.tensor < 0) result.extents = extents_;
    if (result_) {
      result.open = result_;
      graph_.note_open(result.tensor);
    }
    graph_.name_value(name, std::move(result));
  }
}

void close_rows(OnnxGraph& graph, const std::string& output) {
  const OnnxValue* value = graph.find(output);
  if (value != nullptr && value->extents && graph.model().producer(output) != nullptr)
    graph.name_value(output, counted(graph, *graph.model().producer(output), *value));
  if (value == nullptr || !value->open) return;
  const std::string& by = value->open->by;
  // The layers stand for what chose the rows.
  const NodeProto *node = graph.model().producer(output), *chooser = graph.model().producer(name_of_rows(by));
  if (node == nullptr) return;
  if (chooser == nullptr) chooser = node;  // of an inner graph
  if (value->open->others != 0) refuse_rows(graph, *node, by, "is an output with rows behind those");
  graph.allow_open(true);
  OnnxValue result = closed(graph, *chooser, *value, Spelling::number(-1));
  graph.allow_open(false);
  graph.swap_names(value->tensor, result.tensor);
  result.open.reset();
  graph.name_value(output, std::move(result));
}

}  // namespace bitbalance::onnx_io
