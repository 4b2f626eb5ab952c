// Ranges that the activations of a float network take over sample images: what the quantizer chooses scales
// from.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "quant/network.h"

namespace bitbalance {

/// Smallest and largest value seen. With a percentile below 100 both are cut to the magnitude that this share
/// of the values does not exceed.
struct TensorRange {
  float min = 0.0F;
  float max = 0.0F;
};

struct Calibration {
  std::map<std::string, TensorRange> ranges;  ///< by tensor name
};

struct CalibrationOptions {
  double percentile =
      100.0;  ///< above 0, at most 100; 100 is the plain abs-max; never applied to the network's input
};

/// Evaluates every image (planar, as Evaluator::run takes them; twice when a percentile is asked for). Throws
/// std::invalid_argument without images, for a wrong image size or a percentile out of range.
Calibration calibrate(const Network& network, const std::vector<std::vector<float>>& images,
                      const CalibrationOptions& options = {});

}  // namespace bitbalance
