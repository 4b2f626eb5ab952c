// Channels that differ in size share one activation scale; the host, who computes in floating point before or
// behind a convolution, can even them out for nothing. Cross-layer equalization (Nagel et al., ICCV 2019) and
// the smoothing of SmoothQuant (Xiao et al., ICML 2023) with the host in the place of an adjacent layer.
#pragma once

#include "quant/ir/network.h"
#include "quant/method/calibration.h"

namespace bitbalance::method {

/// The same function, exact but for float rounding, with a factor and an offset per channel
/// - behind each convolution that the host alone reads: its channels all range over -1..1, and the host
///   undoes it;
/// - ahead of convolutions that read a tensor of the host: a depthwise one gets channels of equal size; the
///   others get channels around 0, unless they pad (zero must stay zero), and half of the difference in
///   size goes over to the weights.
/// `network` is the result of merge_host_nodes(); the ranges of the tensors in `calibration` follow.
Network equalize_channels(Network network, Calibration& calibration);

}  // namespace bitbalance::method
