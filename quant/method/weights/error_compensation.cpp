#include "quant/method/weights/error_compensation.h"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/bits.h"
#include "base/process/parallel.h"
#include "quant/method/weights/column_rounding.h"

namespace bitbalance::method {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int kColumns = 64;  ///< of a matrix, that a thread solves for at once
/// Filters that are done together: what they share goes through the caches once for all of them.
constexpr int kFilters = 16;

/// X with A X = right.
MatrixXd solve(const MatrixXd& a, const MatrixXd& right, int threads) {
  const Eigen::LLT<MatrixXd> factors(a);
  const auto columns = static_cast<int>(right.cols());
  MatrixXd result(a.rows(), columns);
  parallel_for(ceil_div(columns, kColumns), threads, [&](int i) {
    const int first = i * kColumns, count = std::min(kColumns, columns - first);
    result.middleCols(first, count) = factors.solve(right.middleCols(first, count));
  });
  return result;
}

/// Upper triangular U with U^T U = inverse of A: the inverse of A's Cholesky factor from the last row and
/// column on, A = U^-1 U^-T.
MatrixXd factor_of_inverse(const MatrixXd& a, int threads) {
  const Eigen::LLT<MatrixXd> reversed(a.reverse());
  const auto size = static_cast<int>(a.rows());
  MatrixXd inverse = MatrixXd::Zero(size, size);
  parallel_for(ceil_div(size, kColumns), threads, [&](int i) {
    const int first = i * kColumns, count = std::min(kColumns, size - first), rows = size - first;
    MatrixXd columns = MatrixXd::Identity(rows, count);
    reversed.matrixLLT().bottomRightCorner(rows, rows).triangularView<Eigen::Lower>().solveInPlace(columns);
    inverse.block(first, first, rows, count) = columns;
  });
  return inverse.reverse();
}

/// What all filters share for one part of their weights.
class Part {
 public:
  Part(const InputMoments& moments, const CompensationOptions& options, bool centered, int threads)
      : group(moments.group), first(moments.first), size(moments.size()), hessian_(moments.square) {
    MatrixXd cross = moments.cross.size() == 0 ? moments.square : moments.cross;
    if (centered) {
      hessian_ -= moments.mean * moments.mean.transpose();
      cross -= moments.target_mean * moments.mean.transpose();
    }
    // An input that never changes leaves its weight to plain rounding: centering leaves only rounding errors
    // of single precision in its square, and damping stays above them.
    constexpr double kRounding = 1e-6;
    const double least = std::max(kRounding * moments.square.diagonal().maxCoeff(), 1e-30);
    const double mean = std::max(hessian_.diagonal().mean(), least);
    const double damping = std::max(options.damping * mean, least);
    hessian_.diagonal().array() += damping;
    cross.diagonal().array() += damping;

    order_.resize(size);
    std::iota(order_.begin(), order_.end(), 0);
    if (options.activation_order) {
      const VectorXd strength = hessian_.diagonal();
      std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) { return strength[a] > strength[b]; });
    }
    if (moments.cross.size() != 0) {
      // Of few windows the fit would learn their noise: it keeps to the weights the more, the fewer there
      // are.
      const double keeping = mean * size / static_cast<double>(moments.windows);
      MatrixXd square = hessian_;
      square.diagonal().array() += keeping;
      cross.diagonal().array() += keeping;
      fit_ = solve(square, cross.transpose(), threads);
    }

    MatrixXd ordered(size, size);
    for (int j = 0; j < size; ++j)
      for (int i = 0; i < size; ++i) ordered(i, j) = hessian_(order_[i], order_[j]);
    compensation_ = factor_of_inverse(ordered, threads);
  }

  int group;
  int first;
  int size;

  /// The real weights that come nearest to the float layer's output, of each column's filter.
  MatrixXd targets(const MatrixXd& weights) const { return fit_.size() == 0 ? weights : fit_ * weights; }

  /// Rounds one filter at several scales; steps[j][c] is weight j at scale c. Adds to their errors.
  void round(const VectorXd& target, const std::vector<double>& scales, const RepresentableSet& set,
             CandidateMatrix& steps, std::vector<double>& errors) const {
    CandidateMatrix ordered;
    round_columns(compensation_, target(order_), scales, set, ordered, errors);
    steps.resize(ordered.size());
    for (int j = 0; j < size; ++j) steps[order_[j]] = ordered[j];
  }

  /// Coordinate descent: each weight in turn takes the step that is best for what the others are now.
  /// `steps`, and H of them, change.
  void descend(const VectorXd& target, const VectorXd& weighted_target, double scale,
               const RepresentableSet& set, Eigen::Ref<VectorXd> steps,
               Eigen::Ref<VectorXd> weighted_steps) const {
    for (const int j : order_) {
      const double error = target[j] - scale * steps[j];
      const double gradient = weighted_target[j] - scale * weighted_steps[j];
      const double best_error = error - gradient / hessian_(j, j);
      const double step = set.nearest((target[j] - best_error) / scale);
      if (step == steps[j]) continue;
      weighted_steps += (step - steps[j]) * hessian_.col(j);
      steps[j] = step;
    }
  }

  /// H x, of each column.
  MatrixXd weighted(const MatrixXd& x) const { return hessian_ * x; }

 private:
  MatrixXd hessian_;  ///< with damping
  MatrixXd fit_;      ///< weights -> target(); empty: the identity
  std::vector<int> order_;
  /// Upper triangular U with U^T U = inverse of the ordered Hessian: row j tells how the later weights make
  /// up for an error of weight j, and error^T H error = sum of (error of weight j when its turn came /
  /// U_jj)^2.
  MatrixXd compensation_;
};

/// Filters that are done together, of one or more parts.
class Filters {
 public:
  /// `weights`: one filter after the other, `depth` weights each.
  Filters(const std::vector<Part>& parts, const float* weights, std::size_t depth, int count,
          const RepresentableSet& set)
      : parts_(parts), set_(set), scales_(count) {
    for (const Part& part : parts) {
      MatrixXd own(part.size, count);
      for (int f = 0; f < count; ++f) {
        const float* const filter = weights + f * depth + part.first;
        own.col(f) = Eigen::Map<const Eigen::VectorXf>(filter, part.size).cast<double>();
      }
      targets_.push_back(part.targets(own));
      steps_.emplace_back(part.size, count);
    }
  }

  void round(int filter, double scale, double least_scale) {
    std::vector<double> scales;
    for (int i = -kCandidates / 2; i <= kCandidates / 2; ++i)
      scales.push_back(std::max(scale * std::exp2(static_cast<double>(i) / (kCandidates - 1)), least_scale));
    std::vector<double> errors(scales.size(), 0.0);
    std::vector<CandidateMatrix> steps(parts_.size());
    for (std::size_t p = 0; p < parts_.size(); ++p)
      parts_[p].round(targets_[p].col(filter), scales, set_, steps[p], errors);
    const auto best = std::min_element(errors.begin(), errors.end()) - errors.begin();
    scales_[filter] = scales[best];
    for (std::size_t p = 0; p < parts_.size(); ++p)
      for (int j = 0; j < parts_[p].size; ++j) steps_[p](j, filter) = steps[p][j][best];
  }

  /// After all are rounded.
  void refine(int rounds, const double* least_scales) {
    if (rounds == 0) return;
    std::vector<MatrixXd> weighted_targets, weighted_steps;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      weighted_targets.push_back(parts_[p].weighted(targets_[p]));
      weighted_steps.push_back(parts_[p].weighted(steps_[p]));
    }
    for (int f = 0; f < static_cast<int>(scales_.size()); ++f) {
      for (int i = 0; i < rounds; ++i) {
        fit_scale(f, weighted_steps, least_scales[f]);
        for (std::size_t p = 0; p < parts_.size(); ++p) {
          parts_[p].descend(targets_[p].col(f), weighted_targets[p].col(f), scales_[f], set_,
                            steps_[p].col(f), weighted_steps[p].col(f));
        }
      }
      fit_scale(f, weighted_steps, least_scales[f]);
    }
  }

  void store(std::int16_t* weights, std::size_t depth, double* scales) const {
    std::copy(scales_.begin(), scales_.end(), scales);
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      const Part& part = parts_[p];
      for (std::size_t f = 0; f < scales_.size(); ++f) {
        std::int16_t* const filter = weights + f * depth + part.first;
        for (int j = 0; j < part.size; ++j) filter[j] = static_cast<std::int16_t>(steps_[p](j, f));
      }
    }
  }

 private:
  void fit_scale(int filter, const std::vector<MatrixXd>& weighted_steps, double least_scale) {
    double with_target = 0;
    double with_itself = 0;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      with_target += targets_[p].col(filter).dot(weighted_steps[p].col(filter));
      with_itself += steps_[p].col(filter).dot(weighted_steps[p].col(filter));
    }
    if (with_target > 0 && with_itself > 0)
      scales_[filter] = std::max(with_target / with_itself, least_scale);
  }

  const std::vector<Part>& parts_;
  const RepresentableSet& set_;
  std::vector<double> scales_;     ///< by filter
  std::vector<MatrixXd> targets_;  ///< by part: [weight][filter]
  std::vector<MatrixXd> steps_;    ///< the same, integers
};

}  // namespace

RoundedFilters compensate(const std::vector<float>& weights, const std::vector<InputMoments>& moments,
                          const RepresentableSet& set, const std::vector<double>& scale,
                          const std::vector<double>& least_scale, const CompensationOptions& options,
                          bool bias_correction, int threads) {
  const int filters = static_cast<int>(scale.size());
  const std::size_t depth = weights.size() / filters;
  const int groups = moments.back().group + 1;
  const int group_filters = filters / groups;
  RoundedFilters rounded{std::vector<std::int16_t>(weights.size()), std::vector<double>(filters)};
  const bool by_group = groups > 1;
  parallel_for(groups, by_group ? threads : 1, [&](int group) {
    std::vector<Part> parts;
    for (const InputMoments& part : moments)
      if (part.group == group) parts.emplace_back(part, options, bias_correction, by_group ? 1 : threads);
    parallel_for(ceil_div(group_filters, kFilters), by_group ? 1 : threads, [&](int i) {
      const int first = i * kFilters, count = std::min(kFilters, group_filters - first);
      const int m = group * group_filters + first;
      Filters some(parts, &weights[m * depth], depth, count, set);
      for (int f = 0; f < count; ++f) some.round(f, scale[m + f], least_scale[m + f]);
      some.refine(options.refinements, &least_scale[m]);
      some.store(&rounded.weights[m * depth], depth, &rounded.scale[m]);
    });
  });
  return rounded;
}

std::vector<double> mean_error(const std::vector<float>& weights, const RoundedFilters& rounded,
                               const std::vector<InputMoments>& moments) {
  const std::size_t filters = rounded.scale.size();
  const std::size_t depth = weights.size() / filters;
  const std::size_t group_filters = filters / (moments.back().group + 1);
  std::vector<double> errors(filters, 0.0);
  for (const InputMoments& part : moments) {
    for (std::size_t m = part.group * group_filters; m < (part.group + 1) * group_filters; ++m) {
      const std::size_t first = m * depth + part.first;
      for (int j = 0; j < part.size(); ++j) {
        errors[m] += weights[first + j] * part.target_mean[j] -
                     rounded.scale[m] * rounded.weights[first + j] * part.mean[j];
      }
    }
  }
  return errors;
}

}  // namespace bitbalance::method
