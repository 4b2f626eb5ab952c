// Random ONNX graphs over every operator that the importer claims, in the spellings and operator sets that
// other people's files have: what random_model.h does for what can be fused.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "tests/support/random/random_model.h"

namespace bitbalance::test {

/// Names of the operators that random graphs are drawn from, sorted.
std::set<std::string> random_graph_operators();

/// A tiny graph of a random operator set from 7 to 24: up to some hundred elements a tensor, two to six
/// operators in a row besides those that a spelling needs, older tensors as second operands and as further
/// outputs, weights that several convolutions share. Consecutive seeds begin with another operator each. What
/// is not continuous works on exact values only, so that runtimes which round differently still agree. None
/// is refused.
RandomModel make_random_graph(std::uint64_t seed);

}  // namespace bitbalance::test
