// Weights, biases and multipliers of convolutions as integers: between a layer's formats and the rounding of
// its filters.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "quant/ir/network.h"
#include "quant/ir/quantized_network.h"
#include "quant/ir/representable.h"
#include "quant/method/quantization_options.h"
#include "quant/method/weights/error_compensation.h"
#include "quant/method/weights/layer_statistics.h"

namespace bitbalance::method {

class ConvolutionQuantizer {
 public:
  /// Keeps a reference to the options. `names`: of all convolutions. Throws std::invalid_argument for an
  /// override that matches none of them.
  ConvolutionQuantizer(const QuantizationOptions& options, const std::vector<std::string>& names);

  /// Fills what `layer` has of a convolution. Its sums are in units of `input_scale` times each filter's
  /// scale, and are requantized to `sum_scale`. `moments`: of its inputs, where the options use samples.
  /// `spent`: null, or the node's weights, whose memory goes as their integers come.
  void quantize(const Node& node, double input_scale, double sum_scale,
                const std::vector<InputMoments>& moments, float* spent, QuantizedLayer& layer);

 private:
  const RepresentableSet& representable(int weight_bits, int nnzb);
  RoundedFilters round_filters(const Node& node, const QuantizedLayer& layer, double input_scale,
                               double sum_scale, const std::vector<InputMoments>& moments, float* spent);
  void round_to_nearest(const Node& node, const RepresentableSet& set, float* spent,
                        RoundedFilters& rounded) const;
  double least_weight_scale(float bias, double input_scale, double sum_scale) const;

  const QuantizationOptions& options_;
  std::map<std::string, std::vector<LayerOverride>> overrides_;  ///< by convolution
  std::map<std::pair<int, int>, RepresentableSet> sets_;         ///< by bits and NNZB
};

}  // namespace bitbalance::method
