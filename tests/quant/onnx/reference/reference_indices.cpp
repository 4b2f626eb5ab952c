// Operators that make indices, or are told by them where to put something.
#include <utility>

#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test::onnx_reference {
namespace {

Tensor one_hot(const Call& call) {
  const Tensor& indices = call.in(0);
  const auto depth = static_cast<std::int64_t>(call.in(1).values[0]);
  const std::size_t axis = Call::normal(call.integer("axis", -1), indices.dims.size() + 1);
  Dims dims = indices.dims;
  dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), depth);
  return tabulate(dims, [&](Dims at) {
    const std::int64_t place = at[axis];
    at.erase(at.begin() + static_cast<std::ptrdiff_t>(axis));
    auto index = static_cast<std::int64_t>(element(indices, at));
    if (index < 0 && call.opset() >= 11) index += depth;
    return call.in(2).values[index == place ? 1 : 0];
  });
}

Tensor index_of_extreme(const Call& call) {
  const Tensor& x = call.in(0);
  const std::size_t axis = call.axis(0);
  const double sign = call.op() == "ArgMax" ? 1 : -1;
  const bool is_last = call.integer("select_last_index", 0) != 0;
  Dims dims = x.dims;
  dims[axis] = 1;
  Tensor result = tabulate(dims, [&](Dims at) {
    std::int64_t best = 0;
    const auto size = [&](std::int64_t i) {
      at[axis] = i;
      return sign * element(x, at);
    };
    for (std::int64_t i = 1; i < x.dims[axis]; ++i)
      if (size(i) > size(best) || (is_last && size(i) == size(best))) best = i;
    return static_cast<double>(best);
  });
  if (call.integer("keepdims", 1) == 0)
    result.dims.erase(result.dims.begin() + static_cast<std::ptrdiff_t>(axis));
  return result;
}

std::int64_t from_start(double index, std::int64_t extent) {
  return static_cast<std::int64_t>(index) + (index < 0 ? extent : 0);
}

Tensor gather_elements(const Call& call) {
  const Tensor& x = call.in(0);
  const std::size_t axis = call.axis(0);
  return tabulate(call.in(1).dims, [&](Dims at) {
    at[axis] = from_start(element(call.in(1), at), x.dims[axis]);
    return element(x, at);
  });
}

std::size_t offset_of(const Tensor& t, const Dims& at) {
  std::int64_t offset = 0;
  for (std::size_t d = 0; d < at.size(); ++d) offset = offset * t.dims[d] + at[d];
  return static_cast<std::size_t>(offset);
}

void update(const Call& call, double& element, double by) {
  const std::string how = call.word("reduction", "none");
  if (how == "none") element = by;
  if (how == "add") element += by;
  if (how == "mul") element *= by;
  if (how == "max") element = std::max(element, by);
  if (how == "min") element = std::min(element, by);
}

Tensor scatter_elements(const Call& call) {
  Tensor result = call.in(0);
  const std::size_t axis = call.axis(0);
  tabulate(call.in(1).dims, [&](const Dims& at) {
    Dims to = at;
    to[axis] = from_start(element(call.in(1), at), result.dims[axis]);
    update(call, result.values[offset_of(result, to)], element(call.in(2), at));
    return 0.0;
  });
  return result;
}

/// The index tuple at a place of the indices' first dimensions.
Dims tuple_at(const Call& call, const Dims& place, std::size_t batch) {
  Dims at = place, tuple;
  at.push_back(0);
  for (std::int64_t i = 0; i < call.in(1).dims.back(); ++i) {
    at.back() = i;
    tuple.push_back(
        from_start(element(call.in(1), at), call.in(0).dims[batch + static_cast<std::size_t>(i)]));
  }
  return tuple;
}

Tensor gather_nd(const Call& call) {
  const auto batch = static_cast<std::ptrdiff_t>(call.integer("batch_dims", 0));
  const Dims &x = call.in(0).dims, &indices = call.in(1).dims;
  Dims dims(indices.begin(), indices.end() - 1);
  dims.insert(dims.end(), x.begin() + batch + static_cast<std::ptrdiff_t>(indices.back()), x.end());
  return tabulate(dims, [&](const Dims& at) {
    const auto rest = at.begin() + static_cast<std::ptrdiff_t>(indices.size()) - 1;
    Dims from(at.begin(), at.begin() + batch);
    const Dims tuple = tuple_at(call, {at.begin(), rest}, static_cast<std::size_t>(batch));
    from.insert(from.end(), tuple.begin(), tuple.end());
    from.insert(from.end(), rest, at.end());
    return element(call.in(0), from);
  });
}

Tensor scatter_nd(const Call& call) {
  Tensor result = call.in(0);
  const auto places = static_cast<std::ptrdiff_t>(call.in(1).dims.size()) - 1;
  tabulate(call.in(2).dims, [&](const Dims& at) {
    Dims to = tuple_at(call, {at.begin(), at.begin() + places}, 0);
    to.insert(to.end(), at.begin() + places, at.end());
    update(call, result.values[offset_of(result, to)], element(call.in(2), at));
    return 0.0;
  });
  return result;
}

Tensor cumulative_sum(const Call& call) {
  const Tensor& x = call.in(0);
  const std::size_t axis = Call::normal(static_cast<std::int64_t>(call.in(1).values[0]), x.dims.size());
  const bool is_exclusive = call.integer("exclusive", 0) != 0, is_reverse = call.integer("reverse", 0) != 0;
  return tabulate(x.dims, [&](Dims at) {
    const std::int64_t own = at[axis];
    double sum = 0;
    for (std::int64_t i = 0; i < x.dims[axis]; ++i) {
      at[axis] = i;
      if ((is_reverse ? i > own : i < own) || (i == own && !is_exclusive)) sum += element(x, at);
    }
    return sum;
  });
}

Tensor trilu(const Call& call) {
  const std::int64_t k = call.has(1) ? static_cast<std::int64_t>(call.in(1).values[0]) : 0;
  const bool is_upper = call.integer("upper", 1) != 0;
  return tabulate(call.in(0).dims, [&](const Dims& at) {
    const std::int64_t right = at[at.size() - 1] - at[at.size() - 2];
    return (is_upper ? right >= k : right <= k) ? element(call.in(0), at) : 0.0;
  });
}

Tensor eye_like(const Call& call) {
  return tabulate(call.in(0).dims,
                  [&](const Dims& at) { return at[1] - at[0] == call.integer("k", 0) ? 1.0 : 0.0; });
}

Tensor reverse_sequence(const Call& call) {
  const auto batch = static_cast<std::size_t>(call.integer("batch_axis", 1)), time = 1 - batch;
  return tabulate(call.in(0).dims, [&](Dims at) {
    const auto length = static_cast<std::int64_t>(call.in(1).values[static_cast<std::size_t>(at[batch])]);
    if (at[time] < length) at[time] = length - 1 - at[time];
    return element(call.in(0), at);
  });
}

Tensor non_zero(const Call& call) {
  std::vector<Dims> found;
  tabulate(call.in(0).dims, [&](const Dims& at) {
    if (element(call.in(0), at) != 0) found.push_back(at);
    return 0.0;
  });
  return tabulate(
      {static_cast<std::int64_t>(call.in(0).dims.size()), static_cast<std::int64_t>(found.size())},
      [&](const Dims& at) { return static_cast<double>(found[at[1]][at[0]]); });
}

Tensor compress(const Call& call) {
  Tensor x = call.in(0);
  const std::int64_t axis = call.integer("axis", 99);
  if (axis == 99) x.dims = {volume(x.dims)};
  const std::size_t along = axis == 99 ? 0 : Call::normal(axis, x.dims.size());
  Dims kept, dims = x.dims;
  for (std::size_t i = 0; i < call.in(1).values.size(); ++i)
    if (call.in(1).values[i] != 0) kept.push_back(static_cast<std::int64_t>(i));
  dims[along] = static_cast<std::int64_t>(kept.size());
  return tabulate(dims, [&](Dims at) {
    at[along] = kept[static_cast<std::size_t>(at[along])];
    return element(x, at);
  });
}

Tensor hardmax(const Call& call) {
  Tensor x = call.in(0);
  const bool one_axis = call.opset() >= 13;
  std::size_t axis = call.axis(one_axis ? -1 : 1);
  if (!one_axis) {
    Dims rows = {1, 1};
    for (std::size_t d = 0; d < x.dims.size(); ++d) rows[d < axis ? 0 : 1] *= x.dims[d];
    x.dims = rows;
    axis = 1;
  }
  Tensor result = tabulate(x.dims, [&](Dims at) {
    const std::int64_t own = at[axis];
    const double value = element(x, at);
    bool is_first = true;
    for (std::int64_t i = 0; i < x.dims[axis]; ++i) {
      at[axis] = i;
      is_first = is_first && (i < own ? element(x, at) < value : element(x, at) <= value);
    }
    return is_first ? 1.0 : 0.0;
  });
  result.dims = call.in(0).dims;
  return result;
}

}  // namespace

std::vector<Tensor> top_k(const Call& call) {
  const Tensor& x = call.in(0);
  const std::size_t axis = call.axis(-1);
  const std::int64_t k =
      call.opset() < 10 ? call.integer("k", 0) : static_cast<std::int64_t>(call.in(1).values[0]);
  const double sign = call.integer("largest", 1) != 0 ? 1 : -1;
  Dims dims = x.dims;
  dims[axis] = k;
  Tensor indices = tabulate(dims, [&](Dims at) {
    const std::int64_t rank = at[axis];
    std::vector<std::pair<double, std::int64_t>> row;
    for (std::int64_t i = 0; i < x.dims[axis]; ++i) {
      at[axis] = i;
      row.emplace_back(-sign * element(x, at), i);
    }
    std::sort(row.begin(), row.end());
    return static_cast<double>(row[static_cast<std::size_t>(rank)].second);
  });
  Tensor values = tabulate(dims, [&](Dims at) {
    at[axis] = static_cast<std::int64_t>(element(indices, at));
    return element(x, at);
  });
  return {values, indices};
}

const References& indices() {
  static const References table = {
      {"ArgMax", index_of_extreme},
      {"ArgMin", index_of_extreme},
      {"Compress", compress},
      {"CumSum", cumulative_sum},
      {"EyeLike", eye_like},
      {"GatherElements", gather_elements},
      {"GatherND", gather_nd},
      {"Hardmax", hardmax},
      {"NonZero", non_zero},
      {"OneHot", one_hot},
      {"ReverseSequence", reverse_sequence},
      {"Scatter", scatter_elements},
      {"ScatterElements", scatter_elements},
      {"ScatterND", scatter_nd},
      {"Trilu", trilu},
  };
  return table;
}

}  // namespace bitbalance::test::onnx_reference
