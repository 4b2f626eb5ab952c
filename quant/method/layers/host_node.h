// Nodes of a float network as nodes of the host.
#pragma once

#include "quant/ir/network.h"
#include "quant/method/names.h"

namespace bitbalance::method {

/// Whether the host can take the node over: all but convolutions, and what is the host's already.
bool is_movable(const Node& node);

bool is_pooling(const Node& node);

/// The host's version of a movable node.
Node on_host(const Network& network, const Node& node);

}  // namespace bitbalance::method
