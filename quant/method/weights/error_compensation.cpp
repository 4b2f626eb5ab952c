#include "quant/method/weights/error_compensation.h"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/bits.h"
#include "base/process/parallel.h"

namespace bitbalance::method {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr int kScaleSteps = 16;  // of an octave, half of them on either side of the given scale

/// X with A X = right, some columns at once on each thread.
MatrixXd solve(const MatrixXd& a, const MatrixXd& right, int threads) {
  constexpr int kColumns = 64;
  const Eigen::LLT<MatrixXd> factors(a);
  const auto columns = static_cast<int>(right.cols());
  MatrixXd result(a.rows(), columns);
  parallel_for(ceil_div(columns, kColumns), threads, [&](int i) {
    const int first = i * kColumns, count = std::min(kColumns, columns - first);
    result.middleCols(first, count) = factors.solve(right.middleCols(first, count));
  });
  return result;
}

/// What all filters share for one part of their weights.
class Part {
 public:
  Part(const InputMoments& moments, const CompensationOptions& options, int threads)
      : group(moments.group), first(moments.first), size(moments.size()), hessian_(moments.square) {
    MatrixXd cross = moments.cross.size() == 0 ? moments.square : moments.cross;
    if (options.centered) {
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
    const MatrixXd inverse = solve(ordered, MatrixXd::Identity(size, size), threads);
    compensation_ = Eigen::LLT<MatrixXd, Eigen::Upper>(inverse).matrixU();
  }

  int group;
  int first;
  int size;

  /// The real weights that come nearest to the float layer's output.
  VectorXd target(const float* weights) const {
    const VectorXd plain = Eigen::Map<const Eigen::VectorXf>(weights, size).cast<double>();
    return fit_.size() == 0 ? plain : VectorXd(fit_ * plain);
  }

  /// Rounds one filter at several scales. steps[j][c] is weight j at scale c; returns the errors.
  VectorXd round(const VectorXd& target, const std::vector<double>& scales, const RepresentableSet& set,
                 RowMajor& steps) const {
    const int candidates = static_cast<int>(scales.size());
    RowMajor rest(size, candidates);
    for (int j = 0; j < size; ++j) rest.row(j).setConstant(target[order_[j]]);
    steps.resize(size, candidates);
    VectorXd errors = VectorXd::Zero(candidates);
    Eigen::RowVectorXd error(candidates);
    for (int j = 0; j < size; ++j) {
      for (int c = 0; c < candidates; ++c) {
        const std::int32_t step = set.nearest(rest(j, c) / scales[c]);
        steps(order_[j], c) = step;
        error[c] = (rest(j, c) - step * scales[c]) / compensation_(j, j);
      }
      errors += error.cwiseAbs2().transpose();
      const int left = size - j - 1;
      rest.bottomRows(left).noalias() -= compensation_.row(j).tail(left).transpose() * error;
    }
    return errors;
  }

  /// Coordinate descent: each weight in turn takes the step that is best for what the others are now.
  void descend(const VectorXd& target, double scale, const RepresentableSet& set, VectorXd& steps) const {
    VectorXd error = target - scale * steps;
    VectorXd gradient = hessian_ * error;
    for (const int j : order_) {
      const double best_error = error[j] - gradient[j] / hessian_(j, j);
      const double step = set.nearest((target[j] - best_error) / scale);
      if (step == steps[j]) continue;
      const double change = target[j] - scale * step - error[j];
      steps[j] = step;
      error[j] += change;
      gradient += change * hessian_.col(j);
    }
  }

  /// H x.
  VectorXd weighted(const VectorXd& x) const { return hessian_ * x; }

 private:
  MatrixXd hessian_;  ///< with damping
  MatrixXd fit_;      ///< weights -> target(); empty: the identity
  std::vector<int> order_;
  /// Upper triangular U with U^T U = inverse of the ordered Hessian: row j tells how the later weights make
  /// up for an error of weight j, and error^T H error = sum of (error of weight j when its turn came /
  /// U_jj)^2.
  MatrixXd compensation_;
};

/// One filter, of one or more parts.
class Filter {
 public:
  Filter(const std::vector<Part>& parts, const float* weights, const RepresentableSet& set)
      : parts_(parts), set_(set) {
    for (const Part& part : parts) targets_.push_back(part.target(weights + part.first));
  }

  void round(double scale, double least_scale) {
    std::vector<double> scales;
    for (int i = -kScaleSteps / 2; i <= kScaleSteps / 2; ++i) {
      const double candidate = scale * std::exp2(static_cast<double>(i) / kScaleSteps);
      scales.push_back(std::max(candidate, least_scale));
    }
    VectorXd errors = VectorXd::Zero(static_cast<Eigen::Index>(scales.size()));
    std::vector<RowMajor> steps(parts_.size());
    for (std::size_t p = 0; p < parts_.size(); ++p)
      errors += parts_[p].round(targets_[p], scales, set_, steps[p]);
    Eigen::Index best = 0;
    errors.minCoeff(&best);
    scale_ = scales[best];
    for (const RowMajor& part : steps) steps_.emplace_back(part.col(best));
  }

  void refine(int rounds, double least_scale) {
    for (int i = 0; i < rounds; ++i) {
      fit_scale(least_scale);
      for (std::size_t p = 0; p < parts_.size(); ++p) parts_[p].descend(targets_[p], scale_, set_, steps_[p]);
    }
    if (rounds > 0) fit_scale(least_scale);
  }

  void store(std::int16_t* weights, double& scale) const {
    scale = scale_;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      for (int j = 0; j < parts_[p].size; ++j)
        weights[parts_[p].first + j] = static_cast<std::int16_t>(steps_[p][j]);
    }
  }

 private:
  void fit_scale(double least_scale) {
    double with_target = 0;
    double with_itself = 0;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      const VectorXd weighted = parts_[p].weighted(steps_[p]);
      with_target += targets_[p].dot(weighted);
      with_itself += steps_[p].dot(weighted);
    }
    if (with_target > 0 && with_itself > 0) scale_ = std::max(with_target / with_itself, least_scale);
  }

  const std::vector<Part>& parts_;
  const RepresentableSet& set_;
  std::vector<VectorXd> targets_;
  std::vector<VectorXd> steps_;  ///< integers
  double scale_ = 0;
};

}  // namespace

RoundedFilters compensate(const std::vector<float>& weights, const std::vector<InputMoments>& moments,
                          const RepresentableSet& set, const std::vector<double>& scale,
                          const std::vector<double>& least_scale, const CompensationOptions& options,
                          int threads) {
  const int filters = static_cast<int>(scale.size());
  const std::size_t depth = weights.size() / filters;
  const int groups = moments.back().group + 1;
  const int group_filters = filters / groups;
  RoundedFilters rounded{std::vector<std::int16_t>(weights.size()), std::vector<double>(filters)};
  const bool by_group = groups > 1;
  parallel_for(groups, by_group ? threads : 1, [&](int group) {
    std::vector<Part> parts;
    for (const InputMoments& part : moments)
      if (part.group == group) parts.emplace_back(part, options, by_group ? 1 : threads);
    parallel_for(group_filters, by_group ? 1 : threads, [&](int i) {
      const int m = group * group_filters + i;
      Filter filter(parts, &weights[m * depth], set);
      filter.round(scale[m], least_scale[m]);
      filter.refine(options.refinements, least_scale[m]);
      filter.store(&rounded.weights[m * depth], rounded.scale[m]);
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
