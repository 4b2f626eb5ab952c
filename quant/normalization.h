// Normalizations in floating point: the float evaluator's, and those of layers that run on the host.
#pragma once

#include <vector>

namespace bitbalance {

/// y[c] = x[c] / (k + alpha / size * sum of x[i]^2)^beta, i over the `size` channels around c that exist.
struct Lrn {
  int size = 5;
  float alpha = 1e-4F;
  float beta = 0.75F;
  float k = 1.0F;
};

/// `values` of one image, planar.
std::vector<float> local_response_normalization(const std::vector<float>& values, int channels,
                                                const Lrn& lrn);

std::vector<float> softmax(const std::vector<float>& values);

}  // namespace bitbalance
