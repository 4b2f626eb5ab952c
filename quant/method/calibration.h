// Ranges that the activations of a float network take over sample images: what the quantizer chooses scales
// from.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "quant/ir/network.h"
#include "quant/method/names.h"

namespace bitbalance::method {

/// Smallest and largest value seen, both cut to the magnitude that clipping chooses.
struct ValueRange {
  float min = 0.0F;
  float max = 0.0F;
};

/// Which elements of the input are whole numbers in every image, those left out that are always 0.
enum class WholeNumbers { kNone, kSome, kAll };

struct Calibration {
  std::map<std::string, ValueRange> ranges;                      ///< by tensor name
  std::map<std::string, std::vector<ValueRange>> channels = {};  ///< the same of each channel, never cut
  int from_file = 0;  ///< tensors whose range is the one that the file was quantized with
  WholeNumbers of_input = WholeNumbers::kNone;
};

/// Which values may saturate; the network's input never does.
enum class Clipping {
  kPercentile,  ///< those beyond the magnitude that a share of the values does not exceed
  kError,       ///< as many as make the mean squared error of rounding and saturating smallest
};
const char* to_string(Clipping clipping);

struct CalibrationOptions {
  double percentile = 100.0;  ///< of kPercentile: above 0, at most 100; 100 is the plain abs-max
  Clipping clipping = Clipping::kPercentile;
  int activation_bits = 8;  ///< of kError: 8 or 16
  int threads = 0;          ///< 0: one a core; the result does not depend on it
};

/// A tensor whose range the network's file states has that range; one that was never negative keeps 0 as its
/// least. Evaluates every image (planar, as Evaluator::run takes them; twice when anything is clipped).
/// Throws std::invalid_argument without images, for a wrong image size, values that are no numbers, infinite
/// values but between operators that run on the host (place_on_host()), or a percentile out of range.
Calibration calibrate(const Network& network, const std::vector<std::vector<float>>& images,
                      const CalibrationOptions& options = {});

}  // namespace bitbalance::method
