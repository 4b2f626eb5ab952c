// Second moments of what a convolution sees at its inputs: the quadratic form by which a change of weights
// becomes an error of the layer's output. Gathered from calibration images, used by the second-order methods.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "quant/eval/convolve.h"
#include "quant/method/names.h"

namespace bitbalance::method {

/// Moments of some of a conv group's inputs: of x, the values under a window as the layers before really make
/// them, and of t, the same of the float network. All are means over windows and images.
struct InputMoments {
  int group = 0;
  int first = 0;           ///< of the filter's weights
  Eigen::MatrixXd square;  ///< of x x^T; empty when only means were asked for
  Eigen::MatrixXd cross;   ///< of t x^T; empty when t is x
  Eigen::VectorXd mean;    ///< of x
  Eigen::VectorXd target_mean;
  std::int64_t windows = 0;  ///< that the means are over

  int size() const { return static_cast<int>(mean.size()); }
};

/// What LayerStatistics gathers.
struct MomentsWanted {
  bool squares = true;
  bool targets = true;  ///< false: t is x
};

/// A filter with more weights than this is treated in parts whose inputs count as uncorrelated.
inline constexpr int kLargestPart = 2048;

class LayerStatistics {
 public:
  /// `threads` as in parallel_for; the moments do not depend on it.
  LayerStatistics(const ConvolutionShape& shape, const MomentsWanted& wanted, int threads);

  /// Takes an image's input tensor, and that of the float network (empty when t is x).
  void add(std::vector<float> input, std::vector<float> target);

  /// Group by group and part by part. Throws std::invalid_argument without images.
  std::vector<InputMoments> moments();

 private:
  using Images = std::vector<std::vector<float>>;
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  void flush();
  void gather(const Images& images, std::vector<Matrix>& groups) const;

  ConvolutionShape shape_;
  MomentsWanted wanted_;
  int threads_;
  std::int64_t windows_ = 0;
  Images inputs_;  ///< waiting for enough windows to be worth a product
  Images targets_;
  /// By group: [input under the window][window]; kept for their memory.
  std::vector<Matrix> input_windows_, target_windows_;
  std::vector<InputMoments> sums_;
};

}  // namespace bitbalance::method
