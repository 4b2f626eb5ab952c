#include "quant/onnx/operators/on_host/row_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "quant/host/operator_traits.h"
#include "quant/onnx/operators/on_host/host_import.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

OpenAxis at(const RowReader& reader, std::size_t axis) {
  OpenAxis rows = reader.rows;
  rows.axis = axis;
  return rows;
}

/// Other operands have the same rows at the same place, counted from the end, or one for all.
void check_others(const RowReader& reader, std::size_t from_end) {
  const OpenAxis& rows = reader.rows;
  for (int i = 0; i < reader.node.input_size(); ++i) {
    if (i == reader.input || !OnnxGraph::has_input(reader.node, i)) continue;
    const OnnxValue& other = reader.graph.value(reader.node, i);
    const std::size_t rank = other.dims.size();
    const bool is_same = other.open && other.open->by == rows.by && other.open->others == rows.others &&
                         rank - other.open->axis == from_end;
    const bool is_one = !other.open && (rank < from_end || other.dims[rank - from_end] == 1);
    if (!is_same && !is_one) reader.fail("combines rows with other rows");
  }
}

OpenAxis of_elements(const RowReader& reader) {
  const std::size_t from_end = reader.dims().size() - reader.rows.axis;
  check_others(reader, from_end);
  std::size_t rank = 0;
  for (int i = 0; i < reader.node.input_size(); ++i)
    if (OnnxGraph::has_input(reader.node, i)) rank = std::max(rank, reader.graph.dims(reader.node, i).size());
  return at(reader, rank - from_end);
}

/// Along one axis, which has the name of an attribute.
std::size_t own_axis(const RowReader& reader, std::int64_t fallback) {
  return normal_axis(int_attribute(reader.node, "axis", fallback), reader.dims().size());
}

template <std::int64_t kDefault>
OpenAxis along_axis(const RowReader& reader) {
  if (own_axis(reader, kDefault) == reader.rows.axis) reader.fail("works along the rows");
  return reader.rows;
}

OpenAxis softmax(const RowReader& reader) {
  const std::int64_t opset = reader.graph.model().opset();
  const std::size_t axis = own_axis(reader, host::softmax_default_axis(opset));
  if (host::softmax_has_one_axis(opset) ? axis == reader.rows.axis : axis <= reader.rows.axis)
    reader.fail("works along the rows");
  return reader.rows;
}

OpenAxis normalization(const RowReader& reader) {
  if (reader.input != 0 || own_axis(reader, -1) <= reader.rows.axis) reader.fail("works along the rows");
  check_others(reader, reader.dims().size() - reader.rows.axis);
  return reader.rows;
}

OpenAxis cumulative_sum(const RowReader& reader) {
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_operator(reader.graph, reader.node, operands);
  if (normal_axis(op.attributes.integer("axis", 0), reader.dims().size()) == reader.rows.axis)
    reader.fail("works along the rows");
  return reader.rows;
}

/// Of each dimension whether a reduction takes its elements together.
std::vector<bool> reduced(const RowReader& reader, const HostOperator& op) {
  std::vector<bool> gone(reader.dims().size(), false);
  const std::vector<std::int64_t> axes = op.attributes.list("axes");
  for (const std::int64_t axis : axes) gone[normal_axis(axis, gone.size())] = true;
  if (axes.empty() && op.attributes.integer("noop_with_empty_axes", 0) == 0) gone.assign(gone.size(), true);
  return gone;
}

OpenAxis reduction(const RowReader& reader) {
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_operator(reader.graph, reader.node, operands);
  const std::vector<bool> gone = reduced(reader, op);
  if (gone[reader.rows.axis]) reader.fail("works along the rows");
  const bool keeps = op.attributes.integer("keepdims", 1) != 0;
  const auto place = gone.begin() + static_cast<std::ptrdiff_t>(reader.rows.axis);
  return at(reader, reader.rows.axis - (keeps ? 0 : std::count(gone.begin(), place, true)));
}

OpenAxis index_of_extreme(const RowReader& reader) {
  const std::size_t axis = own_axis(reader, 0);
  if (axis == reader.rows.axis) reader.fail("works along the rows");
  const bool is_gone = int_attribute(reader.node, "keepdims", 1) == 0 && axis < reader.rows.axis;
  return at(reader, reader.rows.axis - (is_gone ? 1 : 0));
}

/// Rows of the left matrix, or columns of the right one; or matrices of which the other has one for all.
OpenAxis product(const RowReader& reader) {
  const Dims &own = reader.dims(), &other = reader.graph.dims(reader.node, 1 - reader.input);
  const bool is_left = reader.input == 0;
  const std::size_t summed = is_left || own.size() == 1 ? own.size() - 1 : own.size() - 2;
  if (own.empty() || other.empty() || reader.rows.axis == summed) reader.fail("works along the rows");
  std::size_t from_end = own.size() - reader.rows.axis;
  const OnnxValue& beside = reader.graph.value(reader.node, 1 - reader.input);
  const bool is_matrix = from_end > 2;  // one of several
  if (beside.open || (is_matrix && other.size() >= from_end && other[other.size() - from_end] != 1))
    reader.fail("combines rows with other rows");
  std::size_t rank = std::max({own.size(), other.size(), std::size_t{2}});
  if (other.size() == 1) {  // its dimension is gone
    --rank;
    from_end -= is_left || is_matrix ? 1 : 0;
  }
  return at(reader, rank - from_end);
}

OpenAxis one_hot(const RowReader& reader) {
  if (reader.input != 0) reader.fail("does not work on each row alone");
  const std::size_t axis = normal_axis(int_attribute(reader.node, "axis", -1), reader.dims().size() + 1);
  return at(reader, reader.rows.axis + (axis <= reader.rows.axis ? 1 : 0));
}

/// Columns side by side.
OpenAxis concat(const RowReader& reader) {
  const bool is_along = own_axis(reader, 1) == reader.rows.axis;
  for (int i = 0; i < reader.node.input_size(); ++i) {
    const OnnxValue& part = reader.graph.value(reader.node, i);
    const bool is_same = part.open && part.open->by == reader.rows.by &&
                         part.open->axis == reader.rows.axis && part.open->others == reader.rows.others;
    if (!is_same || is_along) reader.fail("joins rows with other rows");
  }
  return reader.rows;
}

/// Rows of indices look up something that has none of them, or columns are looked up. Of rows other rows may
/// choose some: an index that is a place is never counted from the end.
OpenAxis gather(const RowReader& reader) {
  const OnnxValue &data = reader.graph.value(reader.node, 0), &indices = reader.graph.value(reader.node, 1);
  const std::size_t axis = normal_axis(int_attribute(reader.node, "axis", 0), data.dims.size());
  if (data.open) {
    const bool is_along = axis == data.open->axis;
    if (indices.open ? !is_along || !indices.open->are_places || data.open->others != 0 : is_along)
      reader.fail("chooses among the rows");
  }
  if (!indices.open) {
    const std::size_t more = reader.rows.axis < axis ? 0 : indices.dims.size() - 1;
    return at(reader, reader.rows.axis + more);
  }
  OpenAxis rows = *indices.open;
  rows.axis += axis;
  return rows;
}

OpenAxis gather_nd(const RowReader& reader) {
  const OnnxValue &data = reader.graph.value(reader.node, 0), &indices = reader.graph.value(reader.node, 1);
  const bool fits = indices.open && indices.open->axis + 1 < indices.dims.size() &&
                    int_attribute(reader.node, "batch_dims", 0) == 0;
  const bool is_along = data.open && indices.open && indices.open->are_places && data.open->others == 0 &&
                        static_cast<std::int64_t>(data.open->axis) < indices.dims.back();
  if (!fits || (data.open && !is_along)) reader.fail("chooses among the rows");
  return *indices.open;
}

OpenAxis gather_elements(const RowReader& reader) {
  const OnnxValue &data = reader.graph.value(reader.node, 0), &indices = reader.graph.value(reader.node, 1);
  const bool is_same = data.open && indices.open && data.open->by == indices.open->by &&
                       data.open->axis == indices.open->axis && data.open->others == indices.open->others;
  if (!is_same || own_axis(reader, 0) == reader.rows.axis) reader.fail("chooses among the rows");
  return reader.rows;
}

/// Of the rows all; what makes fewer of them the same for every image is OpenRows's.
OpenAxis slice(const RowReader& reader) {
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_operator(reader.graph, reader.node, operands);
  const std::vector<std::int64_t> starts = op.attributes.list("starts"), ends = op.attributes.list("ends"),
                                  steps = op.attributes.list("steps"), axes = op.attributes.list("axes");
  for (std::size_t i = 0; i < starts.size() && i < ends.size(); ++i) {
    const std::int64_t axis = i < axes.size() ? axes[i] : static_cast<std::int64_t>(i);
    if (normal_axis(axis, reader.dims().size()) != reader.rows.axis) continue;
    const bool is_forward = i >= steps.size() || steps[i] == 1;
    if (starts[i] != 0 || !is_forward || ends[i] < reader.dims()[reader.rows.axis])
      reader.fail("takes some of the rows");
  }
  return reader.rows;
}

OpenAxis tile(const RowReader& reader) {
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_operator(reader.graph, reader.node, operands);
  const std::vector<std::int64_t> repeats = op.attributes.list("repeats");
  if (reader.rows.axis >= repeats.size() || repeats[reader.rows.axis] != 1) reader.fail("repeats rows");
  return reader.rows;
}

OpenAxis pad(const RowReader& reader) {
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_pad(reader.graph, reader.node, operands);
  const std::vector<std::int64_t> pads = op.attributes.list("pads");
  const std::size_t rank = reader.dims().size();
  if (pads.size() != 2 * rank || pads[reader.rows.axis] != 0 || pads[rank + reader.rows.axis] != 0)
    reader.fail("joins rows with other rows");
  return reader.rows;
}

OpenAxis transpose(const RowReader& reader) {
  const std::size_t rank = reader.dims().size();
  std::vector<std::int64_t> order = ints_attribute(reader.node, "perm", {});
  for (std::size_t d = 0; order.size() < rank; ++d) order.push_back(static_cast<std::int64_t>(rank - 1 - d));
  const auto place = std::find(order.begin(), order.end(), static_cast<std::int64_t>(reader.rows.axis));
  return at(reader, place - order.begin());
}

/// Axes of Squeeze and Unsqueeze; empty: none are given.
std::vector<std::int64_t> axes_of(const RowReader& reader) {
  if (!OnnxGraph::has_input(reader.node, 1)) return ints_attribute(reader.node, "axes", {});
  std::vector<std::int64_t> axes;
  for (const float axis : reader.graph.value(reader.node, 1).constant) axes.push_back(to_integer(axis));
  return axes;
}

OpenAxis squeeze(const RowReader& reader) {
  const Dims& dims = reader.dims();
  const std::vector<std::int64_t> axes = axes_of(reader);
  std::vector<bool> gone(dims.size(), false);
  for (const std::int64_t axis : axes) gone[normal_axis(axis, dims.size())] = true;
  if (axes.empty())
    for (std::size_t d = 0; d < dims.size(); ++d) gone[d] = dims[d] == 1;
  if (gone[reader.rows.axis]) reader.fail("removes the dimension of the rows");
  const auto place = gone.begin() + static_cast<std::ptrdiff_t>(reader.rows.axis);
  return at(reader, reader.rows.axis - std::count(gone.begin(), place, true));
}

OpenAxis unsqueeze(const RowReader& reader) {
  const std::vector<std::int64_t> axes = axes_of(reader);
  std::vector<bool> added(reader.dims().size() + axes.size(), false);
  for (const std::int64_t axis : axes) added[normal_axis(axis, added.size())] = true;
  std::size_t place = 0;
  for (std::size_t old = 0; place < added.size(); ++place)
    if (!added[place] && old++ == reader.rows.axis) break;
  return at(reader, place);
}

OpenAxis flatten(const RowReader& reader) {
  const Dims& dims = reader.dims();
  const std::int64_t axis = int_attribute(reader.node, "axis", 1);
  const std::size_t cut =
      axis == static_cast<std::int64_t>(dims.size()) ? dims.size() : normal_axis(axis, dims.size());
  const bool is_first = reader.rows.axis < cut;
  const std::int64_t rows = dims[reader.rows.axis];
  if (element_count(dims, is_first ? 0 : cut, is_first ? cut : dims.size()) != rows)
    reader.fail("joins rows with other dimensions");
  return at(reader, is_first ? 0 : 1);
}

/// What the shape says is the number of rows: that number, or 0 in its place, or else -1.
std::vector<bool> are_rows(const RowReader& reader, const OnnxValue& shape) {
  const bool keeps = int_attribute(reader.node, "allowzero", 0) == 0;
  std::vector<bool> are(shape.constant.size());
  for (std::size_t d = 0; d < are.size(); ++d) {
    const bool is_kept = keeps && shape.constant[d] == 0 && d == reader.rows.axis;
    are[d] = is_kept || (shape.extents && shape.extents->are[d] != 0);
  }
  if (std::count(are.begin(), are.end(), true) == 0) {
    std::transform(shape.constant.begin(), shape.constant.end(), are.begin(),
                   [](float extent) { return extent == -1; });
  }
  return are;
}

/// As many elements are ahead of the rows as were.
OpenAxis reshape(const RowReader& reader) {
  const OnnxValue& shape = reader.graph.value(reader.node, 1);
  if (reader.input != 0 || shape.tensor >= 0) reader.fail("joins rows with other dimensions");
  const std::vector<bool> are = are_rows(reader, shape);
  const auto place = static_cast<std::size_t>(std::find(are.begin(), are.end(), true) - are.begin());
  const Dims& before = reader.dims();
  std::int64_t outer = 1, inner = 1;
  for (std::size_t d = 0; d < are.size(); ++d) {
    if (d == place) continue;
    const auto extent = static_cast<std::int64_t>(shape.constant[d]);
    (d < place ? outer : inner) *= extent == 0 && d < before.size() ? before[d] : extent;
  }
  const std::int64_t before_outer = element_count(before, 0, reader.rows.axis),
                     before_inner = element_count(before, reader.rows.axis + 1);
  // One of them may be -1: the rest.
  const bool fits =
      (outer < 0 ? inner == before_inner : outer == before_outer) && (inner < 0 || inner == before_inner);
  if (std::count(are.begin(), are.end(), true) != 1 || !fits) reader.fail("joins rows with other dimensions");
  return at(reader, place);
}

/// The shape has 1 for the rows, or their number, and no such number elsewhere.
OpenAxis expand(const RowReader& reader) {
  const OnnxValue& shape = reader.graph.value(reader.node, 1);
  if (reader.input != 0 || shape.tensor >= 0) reader.fail("repeats rows");
  const std::size_t from_end = reader.dims().size() - reader.rows.axis, rank = shape.constant.size();
  for (std::size_t d = 0; d < rank; ++d) {
    const bool is_number = shape.extents && shape.extents->are[d] != 0;
    const bool is_here = rank - d == from_end;
    if (is_here ? !is_number && shape.constant[d] != 1 : is_number) reader.fail("repeats rows");
  }
  return at(reader, std::max(rank, reader.dims().size()) - from_end);
}

using RowRule = OpenAxis (*)(const RowReader&);

/// Of operators that are not elementwise.
const std::map<std::string, RowRule>& row_rules() {
  static const std::map<std::string, RowRule> table = {
      {"ArgMax", index_of_extreme},
      {"ArgMin", index_of_extreme},
      {"Concat", concat},
      {"CumSum", cumulative_sum},
      {"Expand", expand},
      {"Flatten", flatten},
      {"Gather", gather},
      {"GatherElements", gather_elements},
      {"GatherND", gather_nd},
      {"Hardmax", softmax},
      {"LayerNormalization", normalization},
      {"LogSoftmax", softmax},
      {"LpNormalization", along_axis<-1>},
      {"MatMul", product},
      {"OneHot", one_hot},
      {"Pad", pad},
      {"RMSNormalization", normalization},
      {"Reshape", reshape},
      {"Slice", slice},
      {"Softmax", softmax},
      {"Split", along_axis<0>},
      {"Squeeze", squeeze},
      {"Tile", tile},
      {"TopK", along_axis<-1>},
      {"Transpose", transpose},
      {"Unsqueeze", unsqueeze},
  };
  return table;
}

}  // namespace

std::string name_of_rows(const std::string& by) {
  return by.substr(0, by.rfind(" ("));
}

void refuse_rows(const OnnxGraph& graph, const NodeProto& node, const std::string& by,
                 const std::string& problem) {
  const std::string name = name_of_rows(by);
  graph.model().fail(node,
                     fmt::format("{}: the image decides how many rows '{}' has; accepted: what works on "
                                 "each row alone, or results ahead of it: --set network.outputs={}",
                                 problem, name, name));
}

bool reduces_rows(const RowReader& reader) {
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_operator(reader.graph, reader.node, operands);
  return reduced(reader, op)[reader.rows.axis];
}

void RowReader::fail(const std::string& problem) const {
  refuse_rows(graph, node, rows.by, problem);
}

OpenAxis rows_of_result(const RowReader& reader) {
  const std::string& op = reader.node.op_type();
  for (int i = 0; i < reader.node.input_size(); ++i) {
    if (!OnnxGraph::has_input(reader.node, i)) continue;
    const OnnxValue& value = reader.graph.value(reader.node, i);
    if (!value.extents) continue;
    const bool takes_shape = i == 1 && (op == "Expand" || op == "Reshape");
    if (!takes_shape || value.extents->by != reader.rows.by || reader.rows.others != 0)
      reader.fail("computes with the number of rows");
  }
  OpenAxis result;
  if (has_trait(op, host::kElementwise)) {
    result = of_elements(reader);
  } else if (op.rfind("Reduce", 0) == 0) {
    result = reduction(reader);
  } else {
    const auto rule = row_rules().find(op);
    if (rule == row_rules().end()) reader.fail("does not work on each row alone");
    result = rule->second(reader);
  }
  const bool moves =
      reader.input == 0 && (has_trait(op, host::kKeepsNumbers) || op == "Cast" || op == "Concat");
  result.are_places = reader.rows.are_places && moves && result.by == reader.rows.by;
  return result;
}

}  // namespace bitbalance::onnx_io
