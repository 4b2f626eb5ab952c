// What a setting accepts, in the words of refusals and of comments in a scenario.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testbench/scenario/names.h"

namespace bitbalance::scenario {

inline constexpr const char* kAcceptedBoolean = "true, false";
inline constexpr const char* kAcceptedRational = "a positive number like 12.8 or 64/5, 9 digits at most";

/// A whole number; without bounds of its own (`low` that of int) a check of all settings together has them.
constexpr bool is_bounded(std::int64_t low) {
  return low > INT32_MIN;
}
std::string accepted_integer(std::int64_t low, std::int64_t high);
std::string accepted_integers(std::int64_t low, std::int64_t high);
std::string accepted_real(double low, double high);
std::string accepted_reals(double low, double high);
std::string accepted_choice(const std::vector<std::string>& choices);

}  // namespace bitbalance::scenario
