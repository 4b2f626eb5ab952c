#include "quant/method/weights/column_rounding.h"

#include <algorithm>

#include "base/vector_clones.h"

namespace bitbalance::method {
namespace {

/// Weights whose errors reach the ones after them together, while these are in registers.
constexpr int kBlock = 32;

/// rest[i] -= sum of factors[k + i * stride] * errors[k], for rows i and in the order of k.
BITBALANCE_VECTOR_CLONES
void subtract_products(Candidates* rest, std::ptrdiff_t rows, const double* factors, std::ptrdiff_t stride,
                       const Candidates* errors, int count) {
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    const double* const row = factors + i * stride;
    double sums[kCandidateLanes];
    for (int c = 0; c < kCandidateLanes; ++c) sums[c] = rest[i][c];
    for (int k = 0; k < count; ++k)
      for (int c = 0; c < kCandidateLanes; ++c) sums[c] -= row[k] * errors[k][c];
    for (int c = 0; c < kCandidateLanes; ++c) rest[i][c] = sums[c];
  }
}

}  // namespace

void round_columns(const Eigen::MatrixXd& compensation, const Eigen::VectorXd& target,
                   const std::vector<double>& scales, const RepresentableSet& set, CandidateMatrix& steps,
                   std::vector<double>& errors) {
  const auto size = static_cast<int>(target.size());
  CandidateMatrix rest(size);
  for (int j = 0; j < size; ++j) rest[j].fill(target[j]);
  steps.resize(size);
  std::array<Candidates, kBlock> block{};
  for (int first = 0; first < size; first += kBlock) {
    const int end = std::min(first + kBlock, size);
    for (int j = first; j < end; ++j) {
      Candidates& error = block[j - first];
      for (int c = 0; c < kCandidates; ++c) {
        const std::int32_t step = set.nearest(rest[j][c] / scales[c]);
        steps[j][c] = step;
        error[c] = (rest[j][c] - step * scales[c]) / compensation(j, j);
        errors[c] += error[c] * error[c];
      }
      // Columns are contiguous: factor k of row i is compensation(j + k, i).
      subtract_products(&rest[j] + 1, end - j - 1, compensation.data() + j + (j + 1) * compensation.rows(),
                        compensation.rows(), &error, 1);
    }
    subtract_products(rest.data() + end, size - end, compensation.data() + first + end * compensation.rows(),
                      compensation.rows(), block.data(), end - first);
  }
}

}  // namespace bitbalance::method
