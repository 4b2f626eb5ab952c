// How a network is quantized: what a scenario says and quantize() takes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quant/ir/token_form.h"
#include "quant/method/names.h"

namespace bitbalance::method {

/// Settings of the layers that `pattern` means (base/text/name_pattern.h).
struct LayerOverride {
  std::string pattern;
  std::optional<int> weight_bits;
  std::optional<int> nnzb;
};

enum class WeightMethod {
  kNearest,      ///< each weight for itself
  kCompensated,  ///< by the layer's output on sample images, see compensate()
};
const char* to_string(WeightMethod method);

/// Sums of products in single precision still give a positive definite matrix with it.
inline constexpr double kLeastDamping = 1e-4;

struct CompensationOptions {
  /// Added to the diagonal of the moments, as a share of its mean, kLeastDamping..1. More trusts the images
  /// less.
  double damping = 0.05;
  /// Round the weights of the strongest inputs first, else in the order of the filter.
  bool activation_order = true;
  /// Rounds of coordinate descent behind the compensated rounding, each with a least-squares scale; 0: none.
  int refinements = 4;
};

struct QuantizationOptions {
  int activation_bits = 8;  ///< 8 or 16
  int weight_bits = 8;      ///< 2..16
  int nnzb = 3;             ///< 1..weight_bits - 1
  TokenForm token_form = TokenForm::kBinary;
  /// Off: weight scale = largest |weight| of the channel / largest magnitude. On: the scale per channel that
  /// minimizes the squared error over the representable weights.
  bool scale_search = true;
  /// Where the host computes between convolutions, it evens out the sizes of channels, see equalization.h.
  bool equalize_channels = false;
  /// Functions of each element alone become tables of the accelerator, see pointwise_functions.h; off: the
  /// host computes them.
  bool tables = true;
  WeightMethod method = WeightMethod::kNearest;
  CompensationOptions compensation;  ///< of kCompensated
  /// Samples reach a layer through the quantized layers before it, and the float network's values are the
  /// target; off: through the float network, each layer for itself.
  bool sequential = true;
  bool bias_correction = false;          ///< the mean error on the samples goes into the bias
  std::optional<double> input_scale;     ///< real value of one input step; default: from the calibration
  std::vector<LayerOverride> overrides;  ///< the last one that matches a layer wins, setting by setting
  int threads = 0;                       ///< 0: one a core; the result does not depend on it

  /// Whether quantize() looks at samples.
  bool uses_samples() const { return method != WeightMethod::kNearest || bias_correction; }
};

/// The same options with as many ones as a magnitude can have.
QuantizationOptions without_limit(QuantizationOptions options);

}  // namespace bitbalance::method
