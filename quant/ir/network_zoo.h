// The four ImageNet networks of the paper, as their own papers define them, with seeded synthetic weights:
// shapes and work are the real ones, what they classify is not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quant/ir/network.h"
#include "quant/ir/weight_draws.h"

namespace bitbalance::ir {

struct ZooOptions {
  std::int64_t seed = 1;
  WeightDistribution distribution = WeightDistribution::kGaussian;
  /// Factor on the standard deviation of every weight. At 1 that is sqrt(2 / inputs of a filter) (He et al.,
  /// ICCV 2015), which keeps the spread of activations from layer to layer.
  double weight_scale = 1.0;
  bool fully_connected = true;  ///< false: the network ends where its fully connected layers would begin
  int threads = 0;              ///< 0: one a core; the weights do not depend on it
};

/// "alexnet" (grouped, 227x227, LRN), "vgg16", "resnet50" (v1: stride on the 1x1), "googlenet" (5x5 are 5x5,
/// no auxiliary classifiers).
const std::vector<std::string>& zoo_names();

/// Throws std::invalid_argument for a name that is not in zoo_names().
Network zoo_network(const std::string& name, const ZooOptions& options = {});

/// An image of random values, multiples of 1/255 from 0 to 1, in planar order: equal for equal seeds.
std::vector<float> synthetic_image(const Shape& shape, std::int64_t seed);

}  // namespace bitbalance::ir
