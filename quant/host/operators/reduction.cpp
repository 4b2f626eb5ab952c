// Reductions over some axes: one value where there was a row.
#include <algorithm>
#include <cmath>
#include <limits>

#include "quant/host/operators/families.h"

namespace bitbalance::host {
namespace {

struct Reduction {
  double start = 0;
  double (*take)(double sum, double x) = nullptr;
  double (*finish)(double sum, double count) = nullptr;
};

/// Extents with 1 for each axis that is reduced, and those of the result.
struct ReducedExtents {
  Dims kept, result;
};

ReducedExtents reduced(const HostOperator& op, const HostView& x) {
  const std::vector<std::int64_t> axes = op.attributes.list("axes");
  const bool reduces_none = op.attributes.integer("noop_with_empty_axes", 0) != 0;
  std::vector<bool> is_reduced(x.dims.size(), axes.empty() && !reduces_none);
  for (const std::int64_t axis : axes) is_reduced[normal_axis(axis, x.dims.size())] = true;
  ReducedExtents extents{x.dims, {}};
  for (std::size_t d = 0; d < x.dims.size(); ++d) {
    if (is_reduced[d]) extents.kept[d] = 1;
    if (!is_reduced[d] || op.attributes.integer("keepdims", 1) != 0)
      extents.result.push_back(extents.kept[d]);
  }
  return extents;
}

/// What is stored of a result in double precision.
float stored(const HostOperator& op, double x) {
  return static_cast<float>(op.attributes.integer(kCutsFraction, 0) != 0 ? std::trunc(x) : x);
}

/// Calls visit(element of the result, x) for each element.
template <class Visit>
void for_elements(const HostView& x, const Dims& kept, Visit visit) {
  Odometer at(x.dims, {broadcast_strides(kept, x.dims)});
  for (std::int64_t i = 0; i < x.size(); ++i, at.next()) visit(at.offset(0), x.values[i]);
}

HostTensor reduce(const HostOperator& op, const HostView& x, const Reduction& reduction) {
  const ReducedExtents extents = reduced(op, x);
  HostTensor result = HostTensor::result(extents.result, x.is_outline());
  if (x.is_outline()) return result;
  std::vector<double> sums(result.values.size(), reduction.start);
  for_elements(x, extents.kept,
               [&](std::int64_t at, float value) { sums[at] = reduction.take(sums[at], value); });
  const double count =
      static_cast<double>(x.size()) / static_cast<double>(std::max<std::size_t>(1, sums.size()));
  std::transform(sums.begin(), sums.end(), result.values.begin(),
                 [&](double sum) { return stored(op, reduction.finish(sum, count)); });
  return result;
}

/// log(sum of exp(x)), over the largest x: exp of that alone may be beyond all numbers.
HostTensor log_sum_exp(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const ReducedExtents extents = reduced(op, x);
  HostTensor result = HostTensor::result(extents.result, x.is_outline());
  if (x.is_outline()) return result;
  std::vector<double> largest(result.values.size(), std::numeric_limits<double>::lowest());
  std::vector<double> sums(result.values.size(), 0);
  for_elements(x, extents.kept, [&](std::int64_t at, float value) {
    if (std::isfinite(value)) largest[at] = std::max<double>(largest[at], value);
  });
  for_elements(x, extents.kept,
               [&](std::int64_t at, float value) { sums[at] += std::exp(value - largest[at]); });
  for (std::size_t i = 0; i < sums.size(); ++i) result.values[i] = stored(op, largest[i] + std::log(sums[i]));
  return result;
}

HostFunction reduction(Reduction function) {
  return [function](const HostOperator& op, const std::vector<HostView>& operands) {
    return reduce(op, operands.at(0), function);
  };
}

/// Each element becomes the sum of those up to it along the axis; without it, or from the end, if asked for.
HostTensor cumulative_sum(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::size_t axis = normal_axis(op.attributes.integer("axis", 0), x.dims.size());
  const bool is_exclusive = op.attributes.integer("exclusive", 0) != 0;
  const bool is_reverse = op.attributes.integer("reverse", 0) != 0;
  HostTensor result = HostTensor::result(x.dims, x.is_outline());
  if (result.values.empty()) return result;
  const std::int64_t extent = x.dims[axis], inner = element_count(x.dims, axis + 1);
  const std::int64_t rows = element_count(x.dims) / extent;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t first = row / inner * extent * inner + row % inner;
    double sum = 0;
    for (std::int64_t n = 0; n < extent; ++n) {
      const std::int64_t at = first + (is_reverse ? extent - 1 - n : n) * inner;
      const double with = sum + x.values[at];
      result.values[at] = static_cast<float>(is_exclusive ? sum : with);
      sum = with;
    }
  }
  return result;
}

}  // namespace

HostFunctions reduction_operators() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto add = [](double sum, double x) { return sum + x; };
  const auto add_magnitude = [](double sum, double x) { return sum + std::abs(x); };
  const auto add_square = [](double sum, double x) { return sum + x * x; };
  const auto as_is = [](double sum, double /*count*/) { return sum; };
  const auto log = [](double sum, double /*count*/) { return std::log(sum); };
  return {
      {"CumSum", cumulative_sum},
      {"ReduceL1", reduction({0, add_magnitude, as_is})},
      {"ReduceL2", reduction({0, add_square, [](double sum, double /*count*/) { return std::sqrt(sum); }})},
      {"ReduceLogSum", reduction({0, add, log})},
      {"ReduceLogSumExp", log_sum_exp},
      {"ReduceMax", reduction({-kInfinity, [](double sum, double x) { return std::max(sum, x); }, as_is})},
      {"ReduceMean", reduction({0, add, [](double sum, double count) { return sum / count; }})},
      {"ReduceMin", reduction({kInfinity, [](double sum, double x) { return std::min(sum, x); }, as_is})},
      {"ReduceProd", reduction({1, [](double sum, double x) { return sum * x; }, as_is})},
      {"ReduceSum", reduction({0, add, as_is})},
      {"ReduceSumSquare", reduction({0, add_square, as_is})},
  };
}

}  // namespace bitbalance::host
