#include "quant/onnx/operators/on_host/open_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "quant/host/operator_traits.h"
#include "quant/onnx/graph/spelling.h"
#include "quant/onnx/operators/on_host/host_import.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// The value with -1 in each row that is none.
OnnxValue closed(OnnxGraph& graph, const NodeProto& node, const OnnxValue& rows) {
  Spelling words(graph, node);
  HostAttributes columns;
  columns.integers["axes"] = {1};
  const OnnxValue& marked = graph.known(node, rows.open->by);
  OnnxValue best = words.step("ReduceMax", {marked}, columns);
  best.dims.assign(rows.dims.size(), 1);
  best.dims[rows.open->axis] = rows.dims[rows.open->axis];
  const OnnxValue is_row = words.step("Greater", {best, Spelling::number(-0.5F)});
  OnnxValue result = words.step("Where", {is_row, rows, Spelling::number(-1)});
  result.type = rows.type;
  return result;
}

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
  if (op.attributes.integer("max_output_boxes_per_class", 0) < 1)
    graph.model().fail(
        node, "max_output_boxes_per_class is below 1; accepted: 1 or more (0, its default, chooses no box)");
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
  graph.note_open(rows.tensor);
  rows = graph.known(node, node.output(0));
  rows.open = OpenAxis{0, marked, false};
  graph.note_open(rows.tensor);
  graph.name_value(node.output(0), std::move(rows));
}

}  // namespace

OpenRows::OpenRows(OnnxGraph& graph, const NodeProto& node) : graph_(graph), node_(node) {
  for (int i = 0; i < node.input_size(); ++i) {
    const OnnxValue* value = OnnxGraph::has_input(node, i) ? graph.find(node.input(i)) : nullptr;
    if (value == nullptr) continue;
    if (!value->extent_of.empty()) extent_of_ = value->extent_of;
    if (!value->open || rows_) continue;
    rows_ = value->open;
    input_ = i;
  }
  graph_.allow_open(rows_.has_value());
  if (rows_ || !extent_of_.empty()) check_operator();
}

void OpenRows::fail(const std::string& problem) const {
  const std::string by = rows_ ? rows_->by : extent_of_;
  graph_.model().fail(node_,
                      fmt::format("{}, of which the image decides how many there are; accepted: what works "
                                  "on each row alone, or results ahead of it: --set network.outputs={}",
                                  problem, by.substr(0, by.rfind(" ("))));
}

void OpenRows::check_operator() {
  const std::string& op = node_.op_type();
  if (!rows_) {
    // What is made of constants alone is told on as their number. Beside what the image gives it would be the
    // greatest there can be.
    if (!has_trait(op, host::kPassesExtents) || !reads_constants()) fail("reads the number of rows");
    return;
  }
  if (op == "Shape") return;
  const bool takes_shape = op == "Expand" || op == "Reshape";
  if (!extent_of_.empty() && (!takes_shape || extent_of_ != rows_->by)) fail("reads rows and their number");
  if (rows_->is_filled && op != "Slice") fail("reads rows and others behind them");
  static const std::set<std::string> views = {"Flatten", "Reshape", "Squeeze", "Unsqueeze"};
  static const std::set<std::string> others = {"Concat", "Expand", "Gather",   "GatherND",
                                               "Slice",  "Split",  "Transpose"};
  if (has_trait(op, host::kElementwise)) {
    check_others(input_);
  } else if (op == "Concat") {
    check_parts(input_);
  } else if (op == "Slice") {
    check_slice(input_);
  } else if (op == "Gather" || op == "GatherND") {
    gathered_axis(input_);
  } else if (op == "Split") {
    const std::size_t rank = graph_.dims(node_, 0).size();
    if (normal_axis(int_attribute(node_, "axis", 0), rank) == rows_->axis) fail("splits rows");
  } else if (views.count(op) == 0 && others.count(op) == 0) {
    fail("reads rows");
  }
}

bool OpenRows::reads_constants() const {
  for (int i = 0; i < node_.input_size(); ++i)
    if (OnnxGraph::has_input(node_, i) && !graph_.is_constant(node_, i)) return false;
  return true;
}

/// Other operands are the same rows, or one for all.
void OpenRows::check_others(int input) const {
  const std::size_t from_end = graph_.dims(node_, input).size() - rows_->axis;
  for (int i = 0; i < node_.input_size(); ++i) {
    if (i == input || !OnnxGraph::has_input(node_, i)) continue;
    const OnnxValue& other = graph_.value(node_, i);
    const bool is_same = other.open && other.open->by == rows_->by && !other.open->is_filled &&
                         other.dims.size() - other.open->axis == from_end;
    const bool is_one =
        !other.open && (other.dims.size() < from_end || other.dims[other.dims.size() - from_end] == 1);
    if (!is_same && !is_one) fail("combines rows with others");
  }
}

/// Columns side by side; or constant rows of -1 behind those that there are, of which the first are taken
/// later.
void OpenRows::check_parts(int input) {
  const std::size_t axis = normal_axis(int_attribute(node_, "axis", 1), graph_.dims(node_, input).size());
  if (axis != rows_->axis) {
    for (int i = 0; i < node_.input_size(); ++i) {
      const OnnxValue& part = graph_.value(node_, i);
      if (!part.open || part.open->by != rows_->by || part.open->axis != rows_->axis || part.open->is_filled)
        fail("joins rows with others");
    }
    return;
  }
  const bool has_two = node_.input_size() == 2 && input == 0 && graph_.is_constant(node_, 1);
  const std::vector<float> fill = has_two ? graph_.value(node_, 1).constant : std::vector<float>();
  if (fill.empty() ||
      std::count(fill.begin(), fill.end(), -1.0F) != static_cast<std::ptrdiff_t>(fill.size()) ||
      graph_.dims(node_, 1)[axis] < graph_.dims(node_, 0)[axis])
    fail("joins rows with others");
  OnnxValue rows = closed(graph_, node_, graph_.value(node_, 0));
  rows.open = rows_;
  rows_->is_filled = true;
  given_ = graph_.value(node_, 0);
  graph_.name_value(node_.input(0), std::move(rows));
}

/// Columns, or all rows; of those with others behind them no more than there can be.
void OpenRows::check_slice(int input) {
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_operator(graph_, node_, operands);
  const Dims& dims = graph_.dims(node_, input);
  std::vector<std::int64_t> axes = op.attributes.list("axes");
  const std::vector<std::int64_t> starts = op.attributes.list("starts"), ends = op.attributes.list("ends"),
                                  steps = op.attributes.list("steps");
  const bool are_all = axes.empty();
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (are_all) axes.push_back(static_cast<std::int64_t>(i));
    if (i >= axes.size() || normal_axis(axes[i], dims.size()) != rows_->axis) continue;
    const bool is_front = starts[i] == 0 && i < ends.size() && (i >= steps.size() || steps[i] == 1);
    const std::int64_t most = graph_.known(node_, rows_->by).dims[0];
    closes_ = is_front && rows_->is_filled && ends[i] > 0 && ends[i] <= most;
    const bool takes_all = is_front && !rows_->is_filled && ends[i] >= most;
    if (!closes_ && !takes_all) fail("takes some of the rows");
  }
  if (rows_->is_filled && !closes_) fail("reads rows and others behind them");
}

/// Rows of indices look up something that has none of them.
std::size_t OpenRows::gathered_axis(int input) const {
  const OnnxValue &data = graph_.value(node_, 0), &indices = graph_.value(node_, 1);
  if (data.open && indices.open) fail("looks up rows by rows");
  if (node_.op_type() == "GatherND") {
    const bool fits =
        input == 1 && rows_->axis + 1 < indices.dims.size() && int_attribute(node_, "batch_dims", 0) == 0;
    if (!fits) fail("looks up rows");
    return rows_->axis;
  }
  const std::size_t axis = normal_axis(int_attribute(node_, "axis", 0), data.dims.size());
  if (input == 1) return axis + rows_->axis;
  if (axis == rows_->axis) fail("looks up rows");
  return rows_->axis < axis ? rows_->axis : rows_->axis + indices.dims.size() - 1;
}

/// Where the rows are under other extents: behind as many elements as before, as many as before.
std::size_t OpenRows::view_axis(int input) const {
  const Dims &before = graph_.dims(node_, input), &after = graph_.known(node_, node_.output(0)).dims;
  const std::int64_t outer = element_count(before, 0, rows_->axis), rows = before[rows_->axis];
  for (std::size_t d = 0; d < after.size(); ++d)
    if (element_count(after, 0, d) == outer && after[d] == rows) return d;
  fail("joins rows with other dimensions");
}

std::size_t OpenRows::result_axis(int input) const {
  const std::string& op = node_.op_type();
  const std::size_t rank = graph_.dims(node_, input).size();
  if (has_trait(op, host::kElementwise) || op == "Expand") {
    const Dims& result = graph_.known(node_, node_.output(0)).dims;
    const std::size_t axis = result.size() - (rank - rows_->axis);
    if (result[axis] != graph_.dims(node_, input)[rows_->axis]) fail("repeats rows");
    return axis;
  }
  if (op == "Gather" || op == "GatherND") return gathered_axis(input);
  if (op == "Transpose") {
    std::vector<std::int64_t> order = ints_attribute(node_, "perm", {});
    for (std::size_t d = 0; order.size() < rank; ++d)
      order.push_back(static_cast<std::int64_t>(rank - 1 - d));
    return static_cast<std::size_t>(
        std::find(order.begin(), order.end(), static_cast<std::int64_t>(rows_->axis)) - order.begin());
  }
  if (op == "Concat" || op == "Slice" || op == "Split") return rows_->axis;
  return view_axis(input);
}

void OpenRows::note_results() {
  graph_.allow_open(false);
  if (!rows_ && extent_of_.empty()) return;
  if (given_) graph_.name_value(node_.input(0), *given_);
  for (const std::string& name : node_.output()) {
    const OnnxValue* found = graph_.find(name);
    if (found == nullptr) continue;
    OnnxValue result = *found;
    result.open.reset();
    if (node_.op_type() == "Shape" || !rows_) {
      result.extent_of = rows_ ? rows_->by : extent_of_;
    } else if (closes_) {
      graph_.note_closed(result.tensor);
    } else {
      result.open = OpenAxis{result_axis(input_), rows_->by, rows_->is_filled};
      graph_.note_open(result.tensor);
    }
    graph_.name_value(name, std::move(result));
  }
}

void close_rows(OnnxGraph& graph, const std::string& output) {
  const NodeProto* node = graph.model().producer(output);
  const OnnxValue* value = graph.find(output);
  if (node == nullptr || value == nullptr || !value->open) return;
  graph.allow_open(true);
  OnnxValue result = closed(graph, *node, *value);
  graph.allow_open(false);
  result.open.reset();
  graph.name_value(output, std::move(result));
}

OnnxHandlers open_row_handlers() {
  return {{"NonMaxSuppression", non_max_suppression}};
}

}  // namespace bitbalance::onnx_io
