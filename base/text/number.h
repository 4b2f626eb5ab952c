// Text that stands for a number, wherever a user writes one: settings, options, times of a DRAM. One form,
// that of JSON: decimal digits without leading zeros, so that no two readers can take a text for different
// numbers.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace bitbalance {

inline bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "0", "-12"; not "+1", "01", "0x1", "1_000", "1e3", blanks. Empty for these and for more than 64 bits.
inline std::optional<std::int64_t> whole_number(std::string_view text) {
  const std::string_view digits = text.substr(!text.empty() && text.front() == '-' ? 1 : 0);
  if (!is_digits(digits) || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

/// The same within bounds, for a narrower type.
template <class Integer>
std::optional<Integer> whole_number(std::string_view text, Integer low,
                                    Integer high = std::numeric_limits<Integer>::max()) {
  const auto number = whole_number(text);
  if (!number || *number < std::int64_t{low} || *number > static_cast<std::int64_t>(high))
    return std::nullopt;
  return static_cast<Integer>(*number);
}

/// A whole number, then perhaps a fraction and an exponent: "0.5", "1e9", "-2.5E-3"; not ".5", "5.", "inf",
/// "nan", "0x1p3". Empty for these and for what a double cannot hold.
inline std::optional<double> real_number(std::string_view text) {
  const auto end_of_digits = [&](std::size_t from) {
    return std::min(text.find_first_not_of("0123456789", from), text.size());
  };
  const std::size_t first = !text.empty() && text.front() == '-' ? 1 : 0;
  std::size_t at = end_of_digits(first);
  if (at == first || (at - first > 1 && text[first] == '0')) return std::nullopt;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = at + 1;
    at = end_of_digits(fraction);
    if (at == fraction) return std::nullopt;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    std::size_t exponent = at + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    at = end_of_digits(exponent);
    if (at == exponent) return std::nullopt;
  }
  if (at != text.size()) return std::nullopt;
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || !std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace bitbalance
