// Float network + calibration -> integer network with bit-balanced weights: no weight has more than nnzb
// tokens.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "quant/ir/network.h"
#include "quant/ir/quantized_network.h"
#include "quant/method/calibration.h"
#include "quant/method/weights/error_compensation.h"

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
  /// Functions of each element alone become tables of the accelerator, see lookup_search.h; off: the host
  /// computes them.
  bool tables = true;
  WeightMethod method = WeightMethod::kNearest;
  CompensationOptions compensation;  ///< of kCompensated; `centered` is set by bias_correction
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

/// Told the share of the work that is done, 0..1; may throw to give up.
using QuantizationProgress = std::function<void(double)>;

/// The network that is quantized: lowered, and equalized if that is asked for; `ranges`, its calibration,
/// follow. Throws std::invalid_argument for weights that are not finite.
Network prepare(Network network, Calibration& ranges, const QuantizationOptions& options);

/// Of what prepare() gave, which several calls can share. `samples`: images as Evaluator::run takes them,
/// read by methods that use samples. Throws std::invalid_argument naming the option or the layer: settings
/// out of range, an override that matches no convolution, a tensor without calibration, a method without its
/// samples, a layer that the integer arithmetic cannot express.
QuantizedNetwork quantize_prepared(const Network& network, const Calibration& ranges,
                                   const QuantizationOptions& options,
                                   const std::vector<std::vector<float>>& samples = {},
                                   const QuantizationProgress& progress = {});

/// Both, and throws as both. Takes the network by value: move it in when it is large and not needed
/// afterwards.
QuantizedNetwork quantize(Network network, const Calibration& calibration,
                          const QuantizationOptions& options = {},
                          const std::vector<std::vector<float>>& samples = {},
                          const QuantizationProgress& progress = {});

}  // namespace bitbalance::method
