// Error-compensated rounding of filters: what rounding one weight does to the layer's output, the weights
// that are not rounded yet make up for. Between the statistics of a layer's inputs and its integer weights.
#pragma once

#include <vector>

#include "quant/ir/representable.h"
#include "quant/method/quantization_options.h"
#include "quant/method/weights/layer_statistics.h"
#include "quant/method/weights/weight_quantizer.h"

namespace bitbalance::method {

/// Weights of a layer as integers, and each filter's scale.
struct RoundedFilters {
  std::vector<std::int16_t> weights;
  std::vector<double> scale;
};

/// Rounds `weights` ([filter][depth], filters of group 0 first) to `set` such that the mean squared error of
/// the layer's output is small: with q the rounded weights, E |W t - scale q x|^2. Column by column with the
/// inverse of the moments' Cholesky factor (OBQ, Frantar and Alistarh, arXiv 2208.11580; in this form GPTQ,
/// arXiv 2210.17323), for each filter at 17 scales of an octave around `scale[filter]`, of which the best is
/// kept; then coordinate descent on the same error (QuantEase, arXiv 2309.01885). Where t is not x, the
/// weights are first fitted to t by ridge regression towards themselves. No scale falls below
/// `least_scale[filter]`. `bias_correction`: the bias will take up the mean error, so that only the rest
/// counts. `threads` as in parallel_for; the result does not depend on it.
RoundedFilters compensate(const std::vector<float>& weights, const std::vector<InputMoments>& moments,
                          const RepresentableSet& set, const std::vector<double>& scale,
                          const std::vector<double>& least_scale, const CompensationOptions& options,
                          bool bias_correction, int threads);

/// Mean of the float output minus that of the rounded filters, one a filter: what bias correction adds (Nagel
/// et al., arXiv 1906.04721, section 4.2, with measured means).
std::vector<double> mean_error(const std::vector<float>& weights, const RoundedFilters& rounded,
                               const std::vector<InputMoments>& moments);

}  // namespace bitbalance::method
