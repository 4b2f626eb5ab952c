// Functions of each element alone (HardSwish, Tanh, a Gelu spelled by Erf...), in whatever operators a model
// spells them: what the accelerator looks up in a table instead of leaving it to the host.
#pragma once

#include "quant/ir/network.h"
#include "quant/method/names.h"

namespace bitbalance::method {

/// The same function with one kLookup for each continuous function that operators of the host, and what
/// stands between them, compute of every element of one tensor. A clip or factor ahead of them stays a node
/// of its own; what several need is computed for each.
Network find_lookups(Network network);

}  // namespace bitbalance::method
