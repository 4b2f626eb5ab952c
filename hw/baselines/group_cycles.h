// Cycle models of the baselines: the cycles one PE needs for its group of weights, in closed form from their
// bits. A step lasts as long as its slowest PE.
#pragma once

#include <cstdint>

#include "hw/baselines/baseline.h"

namespace bitbalance::baselines {

/// Raises cost[i] to the cycles of group i, weights [i * lanes, (i + 1) * lanes) of the row; a last group
/// that is not full is filled with zero weights. Precondition: check(baseline), not Laconic,
/// weight_bits 2..16, |weight| < 2^(weight_bits - 1).
void raise_to_group_cycles(const Baseline& baseline, int weight_bits, const std::int16_t* weights, int count,
                           std::uint16_t* cost);

/// BaselineCycles::terms of one pixel, for the weights of a row. Same preconditions.
std::int64_t row_terms(const Baseline& baseline, int weight_bits, const std::int16_t* weights, int count);

/// Terms of a value: ones of its magnitude, or its non-zero signed digits.
int term_count(std::int32_t value, TokenForm form);

}  // namespace bitbalance::baselines
