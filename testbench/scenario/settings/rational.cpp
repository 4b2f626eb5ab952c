#include "testbench/scenario/settings/rational.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/number.h"

namespace bitbalance::scenario {
namespace {

constexpr std::size_t kMostDigits = 9;

std::optional<std::int64_t> parse_digits(const std::string& text) {
  return text.size() > kMostDigits ? std::nullopt : whole_number(text, std::int64_t{0});
}

}  // namespace

std::optional<Rational> ratio(std::int64_t numerator, std::int64_t denominator) {
  if (numerator <= 0 || denominator <= 0) return std::nullopt;
  const Rational value(numerator, denominator);
  if (std::max(value.numerator(), value.denominator()) > kMostOfRational) return std::nullopt;
  return value;
}

std::optional<Rational> parse_rational(const std::string& text) {
  if (const auto slash = text.find('/'); slash != std::string::npos) {
    const auto numerator = parse_digits(text.substr(0, slash));
    const auto denominator = parse_digits(text.substr(slash + 1));
    if (!numerator || !denominator) return std::nullopt;
    return ratio(*numerator, *denominator);
  }
  const auto point = text.find('.');
  if (point == std::string::npos) {
    const auto whole = parse_digits(text);
    return whole ? ratio(*whole, 1) : std::nullopt;
  }
  const std::string fraction = text.substr(point + 1);
  const auto whole = parse_digits(text.substr(0, point));
  if (!whole || !is_digits(fraction) || text.size() - 1 > kMostDigits) return std::nullopt;
  std::int64_t numerator = *whole, scale = 1;
  for (const char digit : fraction) {
    numerator = 10 * numerator + (digit - '0');
    scale *= 10;
  }
  return ratio(numerator, scale);
}

std::string to_string(const Rational& value) {
  constexpr std::size_t kMostDecimals = 8;
  std::string decimals;
  std::int64_t rest = value.numerator() % value.denominator();
  while (rest != 0 && decimals.size() < kMostDecimals) {
    rest *= 10;
    decimals += static_cast<char>('0' + rest / value.denominator());
    rest %= value.denominator();
  }
  if (rest != 0) return fmt::format("{}/{}", value.numerator(), value.denominator());
  const std::int64_t whole = boost::rational_cast<std::int64_t>(value);
  return decimals.empty() ? fmt::format("{}", whole) : fmt::format("{}.{}", whole, decimals);
}

}  // namespace bitbalance::scenario
