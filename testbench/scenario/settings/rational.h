// An exact positive number from decimal text, so that "12.8" bytes a cycle never becomes a rounded binary
// fraction.
#pragma once

#include <boost/rational.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "testbench/scenario/names.h"

namespace bitbalance::scenario {

using Rational = boost::rational<std::int64_t>;

/// Largest numerator and denominator.
inline constexpr std::int64_t kMostOfRational = 999'999'999;

/// "12.8", "64" or "64/5"; empty for anything else, 0 and more than 9 digits included.
std::optional<Rational> parse_rational(const std::string& text);

/// Empty where a part is no positive number, or in lowest terms more than kMostOfRational.
std::optional<Rational> ratio(std::int64_t numerator, std::int64_t denominator);

/// Shortest of the forms above that parse_rational reads back: decimal where it ends, else a fraction.
std::string to_string(const Rational& value);

}  // namespace bitbalance::scenario
