// What of a float network runs on the host, and in how few pieces: the host works in floating point, so that
// whatever lies between two layers of the accelerator becomes one function, without rounding inside.
#pragma once

#include <string>
#include <vector>

#include "quant/ir/network.h"
#include "quant/method/names.h"

namespace bitbalance::method {

/// By node: does place_on_host() find or put it on the host?
std::vector<bool> nodes_on_host(const Network& network);

/// The same function with more of it on the host: clipping, additions, scaling, look-ups and concatenation
/// that no convolution absorbs and that stand beside operators on the host; poolings between such operators;
/// and look-ups and means before them whose rounding would be enlarged.
Network place_on_host(Network network);

/// The same function with no node on the host behind another: each computes one tensor that the accelerator
/// (or the caller) reads, from tensors of the accelerator alone; what several need is computed for each.
Network merge_host_nodes(Network network);

/// The network whose nodes quantize() turns into layers: placed, with fold_affine(), merged. `has_tables`:
/// with find_lookups() first.
Network lower_network(Network network, bool has_tables = false);

/// Of the result of lower_network(): names of the convolutions that the host alone reads and whose errors it
/// enlarges where their results are small, as a logarithm does. equalize_channels() makes those errors less.
std::vector<std::string> enlarged_convolutions(const Network& network);

}  // namespace bitbalance::method
