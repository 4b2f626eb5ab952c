// Det: determinants of square matrices, whose dimensions are the last two.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant/host/operators/families.h"

namespace bitbalance::host {
namespace {

/// By elimination, with the largest element of a column as pivot.
double determinant(std::vector<double> a, std::int64_t n) {
  double product = 1;
  for (std::int64_t column = 0; column < n; ++column) {
    std::int64_t pivot = column;
    for (std::int64_t row = column + 1; row < n; ++row)
      if (std::abs(a[row * n + column]) > std::abs(a[pivot * n + column])) pivot = row;
    if (a[pivot * n + column] == 0) return 0;
    if (pivot != column) {
      std::swap_ranges(&a[column * n], &a[column * n] + n, &a[pivot * n]);
      product = -product;
    }
    product *= a[column * n + column];
    for (std::int64_t row = column + 1; row < n; ++row) {
      const double factor = a[row * n + column] / a[column * n + column];
      for (std::int64_t i = column; i < n; ++i) a[row * n + i] -= factor * a[column * n + i];
    }
  }
  return product;
}

HostTensor determinants(const HostOperator& /*op*/, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::size_t rank = x.dims.size();
  if (rank < 2 || x.dims[rank - 1] != x.dims[rank - 2])
    throw std::invalid_argument(fmt::format("input of {}; accepted: square matrices", to_string(x.dims)));
  HostTensor result = HostTensor::result({x.dims.begin(), x.dims.end() - 2}, x.is_outline());
  const std::int64_t n = x.dims.back();
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    const float* matrix = x.values + static_cast<std::int64_t>(i) * n * n;
    result.values[i] = static_cast<float>(determinant({matrix, matrix + n * n}, n));
  }
  return result;
}

}  // namespace

HostFunctions determinant_operators() {
  return {{"Det", determinants}};
}

}  // namespace bitbalance::host
