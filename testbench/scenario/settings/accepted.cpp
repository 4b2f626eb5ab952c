#include "testbench/scenario/settings/accepted.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bitbalance::scenario {

std::string accepted_integer(std::int64_t low, std::int64_t high) {
  return is_bounded(low) ? fmt::format("{} to {}", low, high) : "a whole number";
}

std::string accepted_integers(std::int64_t low, std::int64_t high) {
  return fmt::format("a list of whole numbers, {} to {}", low, high);
}

std::string accepted_real(double low, double high) {
  return fmt::format("a number, {:g} to {:g}", low, high);
}

std::string accepted_reals(double low, double high) {
  return fmt::format("a number, or a list of numbers, {:g} to {:g}", low, high);
}

std::string accepted_choice(const std::vector<std::string>& choices) {
  return fmt::format("{}", fmt::join(choices, ", "));
}

}  // namespace bitbalance::scenario
