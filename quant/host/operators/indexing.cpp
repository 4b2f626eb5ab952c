// Operators that find elements by index, or tell indices of elements.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "quant/host/operators/families.h"

namespace bitbalance::host {
namespace {

using Strides = std::vector<std::int64_t>;

/// The place that an index names, counted from the end when negative.
std::int64_t place_of(float value, std::int64_t extent) {
  const std::int64_t index = to_integer(value);
  if (index < -extent || index >= extent)
    throw std::invalid_argument(fmt::format("index {} of an extent of {}", value, extent));
  return index < 0 ? index + extent : index;
}

/// Elements of the second operand are indices along the axis.
HostTensor gather(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const HostView& indices = operands.at(1);
  const std::size_t axis = normal_axis(op.attributes.integer("axis", 0), x.dims.size());
  Dims dims(x.dims.begin(), x.dims.begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), indices.dims.begin(), indices.dims.end());
  dims.insert(dims.end(), x.dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1, x.dims.end());
  HostTensor result = HostTensor::result(dims, has_outline(operands));
  const std::int64_t extent = x.dims[axis];
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < indices.size() && !indices.is_outline(); ++i)
    places.push_back(place_of(indices.values[i], extent));
  if (result.values.empty()) return result;
  const std::int64_t run = element_count(x.dims, axis + 1);
  auto to = result.values.begin();
  for (std::int64_t o = 0; o < element_count(x.dims, 0, axis); ++o) {
    for (const std::int64_t place : places) to = std::copy_n(x.values + (o * extent + place) * run, run, to);
  }
  return result;
}

/// Axis along which each index replaces its own position in `x`, which must have all other positions.
std::size_t axis_of_positions(const HostOperator& op, const HostView& x, const HostView& indices) {
  const std::size_t axis = normal_axis(op.attributes.integer("axis", 0), x.dims.size());
  bool fits = indices.dims.size() == x.dims.size();
  for (std::size_t d = 0; fits && d < x.dims.size(); ++d) fits = d == axis || indices.dims[d] <= x.dims[d];
  if (!fits) {
    throw std::invalid_argument(fmt::format("indices of {} along axis {} of {}; accepted: within it",
                                            to_string(indices.dims), axis, to_string(x.dims)));
  }
  return axis;
}

/// Calls visit(element, index of the position) for each element of `indices` and the element of `x` that it
/// names.
template <class Visit>
void for_positions(const HostView& x, const HostView& indices, std::size_t axis, Visit visit) {
  Strides strides = row_major_strides(x.dims);
  const std::int64_t step = strides[axis], extent = x.dims[axis];
  strides[axis] = 0;
  Odometer at(indices.dims, {strides});
  for (std::int64_t i = 0; i < indices.size(); ++i, at.next())
    visit(at.offset(0) + step * place_of(indices.values[i], extent), i);
}

HostTensor gather_elements(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView &x = operands.at(0), &indices = operands.at(1);
  const std::size_t axis = axis_of_positions(op, x, indices);
  HostTensor result = HostTensor::result(indices.dims, has_outline(operands));
  if (result.values.empty()) return result;
  for_positions(x, indices, axis,
                [&](std::int64_t from, std::int64_t i) { result.values[i] = x.values[from]; });
  return result;
}

/// What an update makes of an element.
using Update = float (*)(float, float);

Update update_of(const HostOperator& op) {
  static const std::map<std::string, Update> updates = {
      {"none", [](float /*old*/, float update) { return update; }},
      {"add", [](float old, float update) { return old + update; }},
      {"mul", [](float old, float update) { return old * update; }},
      {"max", [](float old, float update) { return std::max(old, update); }},
      {"min", [](float old, float update) { return std::min(old, update); }}};
  const std::string name = op.attributes.word("reduction", "none");
  const auto found = updates.find(name);
  if (found == updates.end())
    throw std::invalid_argument(fmt::format("reduction is '{}'; accepted: none, add, mul, max, min", name));
  return found->second;
}

HostTensor copy_of(const HostView& x) {
  return {x.dims, {x.values, x.values + x.size()}};
}

void check_updates(const HostView& updates, const Dims& expected) {
  if (updates.dims != expected) {
    throw std::invalid_argument(
        fmt::format("updates of {}; accepted: {}", to_string(updates.dims), to_string(expected)));
  }
}

HostTensor scatter_elements(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView &x = operands.at(0), &indices = operands.at(1), &updates = operands.at(2);
  const std::size_t axis = axis_of_positions(op, x, indices);
  const Update update = update_of(op);
  check_updates(updates, indices.dims);
  if (has_outline(operands)) return HostTensor::result(x.dims, true);
  HostTensor result = copy_of(x);
  for_positions(x, indices, axis, [&](std::int64_t to, std::int64_t i) {
    result.values[to] = update(result.values[to], updates.values[i]);
  });
  return result;
}

/// Rows of indices into a tensor: each names a part of it, after `batch` dimensions that both have.
struct Rows {
  std::int64_t count = 1, columns = 1;  ///< rows, and indices in each
  std::int64_t batches = 1;             ///< of as many rows each
  std::int64_t run = 1;                 ///< elements of a part
  Dims dims;                            ///< of all parts
};

Rows rows_of(const HostView& x, const HostView& indices, std::int64_t batch) {
  const auto rank = static_cast<std::int64_t>(x.dims.size());
  const auto own = static_cast<std::int64_t>(indices.dims.size());
  Rows rows;
  rows.columns = own == 0 ? 0 : indices.dims.back();
  const bool fits = rank > 0 && rows.columns >= 1 && batch >= 0 && batch < own &&
                    batch + rows.columns <= rank &&
                    std::equal(x.dims.begin(), x.dims.begin() + batch, indices.dims.begin());
  if (!fits) {
    throw std::invalid_argument(fmt::format("indices of {} into {} after {} dimensions",
                                            to_string(indices.dims), to_string(x.dims), batch));
  }
  rows.count = element_count(indices.dims, 0, indices.dims.size() - 1);
  rows.batches = element_count(x.dims, 0, static_cast<std::size_t>(batch));
  rows.run = element_count(x.dims, static_cast<std::size_t>(batch + rows.columns));
  rows.dims.assign(indices.dims.begin(), indices.dims.end() - 1);
  rows.dims.insert(rows.dims.end(), x.dims.begin() + static_cast<std::ptrdiff_t>(batch + rows.columns),
                   x.dims.end());
  return rows;
}

/// First element of the part that row `row` names.
std::int64_t part_of(const HostView& x, const HostView& indices, const Rows& rows, std::int64_t batch,
                     std::int64_t row) {
  std::int64_t offset = row / (rows.count / rows.batches);
  for (std::int64_t c = 0; c < rows.columns; ++c) {
    const std::int64_t extent = x.dims[batch + c];
    offset = offset * extent + place_of(indices.values[row * rows.columns + c], extent);
  }
  return offset * rows.run;
}

HostTensor gather_nd(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView &x = operands.at(0), &indices = operands.at(1);
  const std::int64_t batch = op.attributes.integer("batch_dims", 0);
  const Rows rows = rows_of(x, indices, batch);
  HostTensor result = HostTensor::result(rows.dims, has_outline(operands));
  if (result.values.empty()) return result;
  auto to = result.values.begin();
  for (std::int64_t row = 0; row < rows.count; ++row)
    to = std::copy_n(x.values + part_of(x, indices, rows, batch, row), rows.run, to);
  return result;
}

HostTensor scatter_nd(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView &x = operands.at(0), &indices = operands.at(1), &updates = operands.at(2);
  const Rows rows = rows_of(x, indices, 0);
  const Update update = update_of(op);
  check_updates(updates, rows.dims);
  if (has_outline(operands)) return HostTensor::result(x.dims, true);
  HostTensor result = copy_of(x);
  for (std::int64_t row = 0; row < rows.count; ++row) {
    const std::int64_t first = part_of(x, indices, rows, 0, row);
    for (std::int64_t i = 0; i < rows.run; ++i)
      result.values[first + i] = update(result.values[first + i], updates.values[row * rows.run + i]);
  }
  return result;
}

/// Indices of the `k` largest or smallest elements along the axis, in their order; of equal ones the lower
/// index is first. The second output of ONNX's TopK.
HostTensor top_indices(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::size_t axis = normal_axis(op.attributes.integer("axis", -1), x.dims.size());
  const std::int64_t k = op.attributes.integer("k", 0), extent = x.dims[axis];
  if (k < 1 || k > extent) throw std::invalid_argument(fmt::format("k is {}; accepted: 1 to {}", k, extent));
  const bool is_largest = op.attributes.integer("largest", 1) != 0;
  Dims dims = x.dims;
  dims[axis] = k;
  HostTensor result = HostTensor::result(dims, x.is_outline());
  if (x.is_outline()) return result;
  const std::int64_t inner = element_count(x.dims, axis + 1), outer = element_count(x.dims, 0, axis);
  std::vector<std::int64_t> order(extent);
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t i = 0; i < inner; ++i) {
      const float* row = x.values + o * extent * inner + i;
      std::iota(order.begin(), order.end(), 0);
      std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](std::int64_t a, std::int64_t b) {
        const float left = row[a * inner], right = row[b * inner];
        if (left == right) return a < b;
        return is_largest ? left > right : left < right;
      });
      for (std::int64_t n = 0; n < k; ++n)
        result.values[(o * k + n) * inner + i] = static_cast<float>(order[n]);
    }
  }
  return result;
}

/// A row for each dimension, a column for each element that is not 0: its index. There are as many columns as
/// there are elements: those behind the last one are -1.
HostTensor non_zero(const HostOperator& /*op*/, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const Dims dims = x.dims.empty() ? Dims{1} : x.dims;
  const std::int64_t elements = element_count(dims), rank = static_cast<std::int64_t>(dims.size());
  HostTensor result = HostTensor::result({rank, elements}, x.is_outline());
  if (x.is_outline()) return result;
  std::fill(result.values.begin(), result.values.end(), -1.0F);
  std::int64_t column = 0;
  for (std::int64_t i = 0; i < elements; ++i) {
    if (x.values[i] == 0) continue;
    std::int64_t rest = i;
    for (std::int64_t d = rank; d-- > 0; rest /= dims[d])
      result.values[d * elements + column] = static_cast<float>(rest % dims[d]);
    ++column;
  }
  return result;
}

}  // namespace

HostFunctions indexing_operators() {
  return {
      {"Gather", gather},    {"GatherElements", gather_elements},   {"GatherND", gather_nd},
      {"NonZero", non_zero}, {"ScatterElements", scatter_elements}, {"ScatterND", scatter_nd},
      {"TopK", top_indices},
  };
}

}  // namespace bitbalance::host
