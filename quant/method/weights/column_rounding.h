// Compensated rounding of one filter, weight after weight, at several scales at once: the inner loop of
// error_compensation.h.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "quant/ir/representable.h"
#include "quant/method/names.h"

namespace bitbalance::method {

/// Scales that a filter is tried at.
constexpr int kCandidates = 17;

/// A weight at each scale; what comes after the candidates fills vector registers.
constexpr int kCandidateLanes = 24;
using Candidates = std::array<double, kCandidateLanes>;
using CandidateMatrix = std::vector<Candidates>;  ///< by weight

/// Rounds `target` to steps of each scale. Upper triangular `compensation`: row j tells how the later weights
/// make up for an error of weight j; the sum of (error of weight j when its turn came / compensation_jj)^2
/// is added to `errors`, by scale. Precondition: kCandidates scales and errors.
void round_columns(const Eigen::MatrixXd& compensation, const Eigen::VectorXd& target,
                   const std::vector<double>& scales, const RepresentableSet& set, CandidateMatrix& steps,
                   std::vector<double>& errors);

}  // namespace bitbalance::method
