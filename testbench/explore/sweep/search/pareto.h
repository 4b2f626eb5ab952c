// Which of many candidates none beats: the Pareto front. Of every objective less is better.
#pragma once

#include <cstddef>
#include <vector>

#include "testbench/explore/names.h"

namespace bitbalance::explore {

using Objectives = std::vector<double>;

/// Is `a` nowhere worse than `b`, and somewhere better? Precondition: as many objectives.
bool dominates(const Objectives& a, const Objectives& b);

/// Indices of the candidates that no other dominates, ascending. Equal ones are all in.
std::vector<std::size_t> pareto_front(const std::vector<Objectives>& candidates);

}  // namespace bitbalance::explore
