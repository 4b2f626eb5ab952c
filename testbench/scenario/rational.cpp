#include "testbench/scenario/rational.h"

#include <fmt/format.h>

#include <numeric>

#include "base/number.h"

namespace bitbalance::scenario {
namespace {

constexpr std::size_t kMostDigits = 9;

std::optional<std::int64_t> parse_digits(const std::string& text) {
  return text.size() > kMostDigits ? std::nullopt : whole_number(text, std::int64_t{0});
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
  const auto whole = parse_digits(text.substr(0, point));
  if (!whole || !is_digits(fraction) || text.size() - 1 > kMostDigits) return std::nullopt;
  std::int64_t numerator = *whole, scale = 1;
  for (const char digit : fraction) {
    numerator = 10 * numerator + (digit - '0');
    scale *= 10;
  }
  return reduced(numerator, scale);
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

}  // namespace bitbalance::scenario
