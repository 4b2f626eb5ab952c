// How much the network's output suffers when one layer alone has other weights.
#pragma once

#include <string>
#include <vector>

#include "quant/ir/network.h"
#include "quant/method/names.h"

namespace bitbalance::method {

/// Mean squared change of the network's output over its mean square, by convolution of `network` (in node
/// order), when that layer alone has the weights and bias it has in `changed`, a network of the same nodes.
/// The result does not depend on `threads` (as in parallel_for).
std::vector<double> output_noise(const Network& network, const Network& changed,
                                 const std::vector<std::vector<float>>& images, int threads);

}  // namespace bitbalance::method
