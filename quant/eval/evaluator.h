// Float reference of a network: the accuracy that quantization is measured against, and the source of
// calibration.
#pragma once

#include <utility>
#include <vector>

#include "quant/eval/names.h"
#include "quant/ir/network.h"

namespace bitbalance::eval {

/// Evaluates one image at a time and keeps the values of every tensor. Sums are in a fixed order: results
/// repeat exactly.
class Evaluator {
 public:
  /// Keeps a reference: `network` must outlive the evaluator.
  explicit Evaluator(const Network& network);

  /// Values of the output tensor for an image in the planar order of Shape; throws std::invalid_argument when
  /// the image's size is not the input's. Valid until the next run.
  const std::vector<float>& run(const std::vector<float>& image);

  /// Values of any tensor in the last run; empty for a tensor that no node writes.
  const std::vector<float>& values(int tensor) const { return values_[tensor]; }

  /// What run() is made of, for a caller that goes node by node with other values between: the input, one
  /// node of the network whose sources have values, and the end of a tensor that nobody reads any more.
  void load(const std::vector<float>& image);
  void evaluate(const Node& node);
  void set(int tensor, std::vector<float> values) { values_[tensor] = std::move(values); }
  void release(int tensor) { std::vector<float>().swap(values_[tensor]); }

 private:
  void convolve(const Node& node);
  void pool(const Node& node);
  void elementwise(const Node& node);
  void concatenate(const Node& node);
  void run_host(const Node& node);

  const Network& network_;
  std::vector<std::vector<float>> values_;
  std::vector<float> patches_;  ///< scratch memory of convolve()
};

}  // namespace bitbalance::eval
