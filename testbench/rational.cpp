#include "testbench/rational.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace bitbalance {
namespace {

std::optional<std::int64_t> parse_digits(const std::string& text) {
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.empty() || text.size() > 9 || !digits) return std::nullopt;
  return std::stoll(text);
}

std::optional<Rational> reduced(std::int64_t numerator, std::int64_t denominator) {
  if (numerator == 0 || denominator == 0) return std::nullopt;
  const std::int64_t divisor = std::gcd(numerator, denominator);
  return Rational{numerator / divisor, denominator / divisor};
}

}  // namespace

std::optional<Rational> parse_rational(const std::string& text) {
  if (const auto slash = text.find('/'); slash != std::string::npos) {
    const auto numerator = parse_digits(text.substr(0, slash));
    const auto denominator = parse_digits(text.substr(slash + 1));
    if (!numerator || !denominator) return std::nullopt;
    return reduced(*numerator, *denominator);
  }
  const auto point = text.find('.');
  if (point == std::string::npos) {
    const auto whole = parse_digits(text);
    return whole ? reduced(*whole, 1) : std::nullopt;
  }
  const std::string fraction = text.substr(point + 1);
  const auto digits = parse_digits(text.substr(0, point) + fraction);
  if (!digits || point == 0 || fraction.empty()) return std::nullopt;
  std::int64_t scale = 1;
  for (std::size_t i = 0; i < fraction.size(); ++i) scale *= 10;
  return reduced(*digits, scale);
}

std::string to_string(const Rational& value) {
  std::int64_t numerator = value.numerator;
  std::string decimals;
  std::int64_t rest = numerator % value.denominator;
  while (rest != 0 && decimals.size() < 8) {
    rest *= 10;
    decimals += static_cast<char>('0' + rest / value.denominator);
    rest %= value.denominator;
  }
  if (rest != 0) return fmt::format("{}/{}", value.numerator, value.denominator);
  numerator /= value.denominator;
  return decimals.empty() ? fmt::format("{}", numerator) : fmt::format("{}.{}", numerator, decimals);
}

}  // namespace bitbalance
