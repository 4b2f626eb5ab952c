// Compensated rounding against the definition of what it does, written out.
#include "quant/method/weights/error_compensation.h"

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "quant/method/weights/column_rounding.h"

using namespace bitbalance;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

class Draw {
 public:
  explicit Draw(unsigned seed) : random_(seed) {}
  MatrixXd matrix(int rows, int columns) {
    return MatrixXd::NullaryExpr(rows, columns, [this] { return normal_(random_); });
  }
  /// Of more windows than inputs, which are correlated.
  method::InputMoments moments(int size) {
    const int windows = 2 * size + 3;
    const MatrixXd inputs = matrix(size, size) * matrix(size, windows);
    method::InputMoments moments;
    moments.square = inputs * inputs.transpose() / windows;
    moments.mean = moments.target_mean = inputs.rowwise().mean();
    moments.windows = windows;
    return moments;
  }

 private:
  std::mt19937 random_;
  std::normal_distribution<double> normal_;
};

}  // namespace

TEST_CASE("columns are rounded in turn, and later weights make up for each error at once") {
  const ir::RepresentableSet set(8, 2, ir::TokenForm::kBinary);
  for (const int size : {1, 2, 31, 32, 33, 64, 100}) {
    CAPTURE(size);
    Draw draw(static_cast<unsigned>(size));
    const MatrixXd factor = draw.matrix(size, size).triangularView<Eigen::Upper>();
    const VectorXd target = draw.matrix(size, 1);
    std::vector<double> scales, errors(method::kCandidates, 0.5);
    for (int c = 0; c < method::kCandidates; ++c) scales.push_back(0.01 * (c + 1));
    method::CandidateMatrix steps;
    method::round_columns(factor, target, scales, set, steps, errors);
    for (int c = 0; c < method::kCandidates; ++c) {
      VectorXd rest = target;
      double sum = 0.5;
      bool equal = true;
      for (int j = 0; j < size; ++j) {
        const double step = set.nearest(rest[j] / scales[c]);
        equal = equal && steps[j][c] == step;
        const double error = (rest[j] - step * scales[c]) / factor(j, j);
        sum += error * error;
        for (int i = j + 1; i < size; ++i) rest[i] -= factor(j, i) * error;
      }
      CHECK(equal);
      CHECK(errors[c] == sum);
    }
  }
}

TEST_CASE("the scale that is kept, and no refinement, is the best of 17 by the error of the output") {
  const ir::RepresentableSet set(8, 1, ir::TokenForm::kBinary);
  for (const int size : {1, 9, 40, 75}) {
    CAPTURE(size);
    Draw draw(static_cast<unsigned>(1000 + size));
    constexpr int kFilters = 19;  // more than are done together
    const std::vector<method::InputMoments> moments = {draw.moments(size)};
    const MatrixXd drawn = draw.matrix(size, kFilters);
    const std::vector<float> weights(drawn.data(), drawn.data() + drawn.size());
    const std::vector<double> scale(kFilters, 0.02), least(kFilters, 1e-6);
    method::CompensationOptions options;
    options.activation_order = false;
    options.refinements = 0;
    const method::RoundedFilters rounded =
        method::compensate(weights, moments, set, scale, least, options, false, 2);

    MatrixXd square = moments[0].square;
    square.diagonal().array() += options.damping * square.diagonal().mean();
    const Eigen::LLT<MatrixXd, Eigen::Upper> inverse(square.inverse());
    const MatrixXd factor = inverse.matrixU();
    std::vector<double> scales;
    for (int i = -8; i <= 8; ++i) scales.push_back(0.02 * std::exp2(i / 16.0));
    for (int f = 0; f < kFilters; ++f) {
      const VectorXd target = Eigen::Map<const Eigen::VectorXf>(&weights[f * size], size).cast<double>();
      std::vector<double> errors(scales.size(), 0.0);
      method::CandidateMatrix steps;
      method::round_columns(factor, target, scales, set, steps, errors);
      const auto best = std::min_element(errors.begin(), errors.end()) - errors.begin();
      CHECK(rounded.scale[f] == scales[best]);
      const VectorXd kept = target - rounded.scale[f] * Eigen::Map<const Eigen::Matrix<std::int16_t, -1, 1>>(
                                                            &rounded.weights[f * size], size)
                                                            .cast<double>();
      CHECK(kept.dot(square * kept) == Approx(errors[best]));
    }
  }
}
