// Float network + calibration -> integer network with bit-balanced weights: no weight has more than nnzb
// tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quant/calibration.h"
#include "quant/network.h"
#include "quant/quantized_network.h"

namespace bitbalance {

/// Settings of the layers whose name matches `pattern` (shell wildcards * and ?).
struct LayerOverride {
  std::string pattern;
  std::optional<int> weight_bits;
  std::optional<int> nnzb;
};

struct QuantizationOptions {
  int activation_bits = 8;  ///< 8 or 16
  int weight_bits = 8;      ///< 2..16
  int nnzb = 3;             ///< 1..weight_bits - 1
  TokenForm token_form = TokenForm::kBinary;
  /// Off: weight scale = largest |weight| of the channel / largest magnitude. On: the scale per channel that
  /// minimizes the squared error over the representable weights.
  bool scale_search = true;
  std::optional<double> input_scale;     ///< real value of one input step; default: from the calibration
  std::vector<LayerOverride> overrides;  ///< the last one that matches a layer wins, setting by setting
};

/// Takes the network by value: move it in when it is large and not needed afterwards.
/// Throws std::invalid_argument naming the option or the layer: settings out of range, an override that
/// matches no convolution, a tensor without calibration, a layer that the integer arithmetic cannot express.
QuantizedNetwork quantize(Network network, const Calibration& calibration,
                          const QuantizationOptions& options = {});

/// Integers of a tensor for real values: nearest (halves away from zero), saturated to the tensor's range.
std::vector<std::int32_t> quantize_values(const QuantizedTensor& tensor, const std::vector<float>& values);

}  // namespace bitbalance
