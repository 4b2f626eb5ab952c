#include "testbench/explore/sweep/space/value_range.h"

#include <fmt/format.h>

#include <numeric>

#include "base/text/nearest_word.h"
#include "testbench/scenario/settings/accepted.h"
#include "testbench/scenario/settings/rational.h"

namespace bitbalance::explore {
namespace {

constexpr std::int64_t kMostValues = 100'000;
constexpr const char* kRangeFields = "from and to, and step or factor";

/// Numerators stay below 2^63: values have 9 digits at most.
constexpr std::int64_t kFinest = 1'000'000'000;

class Range {
 public:
  explicit Range(const FreeKey& key) : key_(key) {
    for (const auto& [field, text] : key.fields) {
      if (field != "from" && field != "to" && field != "step" && field != "factor") {
        refuse(fmt::format("'{}'{}", field, suggestion(field, {"from", "to", "step", "factor"})),
               kRangeFields);
      }
    }
    if (has("step") == has("factor")) refuse("a range", kRangeFields);
  }

  std::vector<std::string> values() const {
    const Rational from = number("from"), to = number("to");
    if (from > to) {
      refuse(fmt::format("from {} to {}", scenario::to_string(from), scenario::to_string(to)),
             "from below to");
    }
    return has("step") ? stepped(from, to, number("step")) : multiplied(from, to, number("factor"));
  }

 private:
  std::vector<std::string> stepped(const Rational& from, const Rational& to, const Rational& step) const {
    const std::int64_t parts = std::lcm(from.denominator(), step.denominator());
    if (parts < 1 || parts > kFinest)
      refuse("step " + scenario::to_string(step), "from and step with 9 digits at most after the point");
    const auto in_parts = [parts](const Rational& value) {
      return value.numerator() * parts / value.denominator();
    };
    const std::int64_t last = in_parts(to), width = in_parts(step);
    std::vector<std::string> values;
    for (std::int64_t at = in_parts(from); 0 < at && at <= last; at += width)
      add(values, Rational(at, parts));
    return values;
  }

  std::vector<std::string> multiplied(const Rational& from, const Rational& to,
                                      const Rational& factor) const {
    if (factor.denominator() != 1 || factor.numerator() < 2)
      refuse("factor " + scenario::to_string(factor), "a whole number from 2 on");
    if (from.denominator() != 1) refuse("from " + scenario::to_string(from), "a whole number with factor");
    std::vector<std::string> values;
    const std::int64_t last = to.numerator() / to.denominator();
    for (std::int64_t at = from.numerator(); at <= last; at *= factor.numerator())
      values.push_back(fmt::format("{}", at));
    return values;
  }

  void add(std::vector<std::string>& values, const Rational& value) const {
    if (static_cast<std::int64_t>(values.size()) == kMostValues)
      refuse("a range", fmt::format("at most {} values", kMostValues));
    values.push_back(scenario::to_string(value));
  }

  bool has(const char* field) const { return key_.fields.count(field) != 0; }
  Rational number(const char* field) const {
    const auto given = key_.fields.find(field);
    if (given == key_.fields.end()) refuse("a range", kRangeFields);
    const auto value = parse_rational(given->second);
    if (!value) refuse(fmt::format("{} '{}'", field, given->second), kAcceptedRational);
    return *value;
  }
  [[noreturn]] void refuse(const std::string& found, const std::string& accepted) const {
    throw SettingsError(fmt::format("{}: {}; accepted: {}", key_.place, found, accepted));
  }

  const FreeKey& key_;
};

}  // namespace

std::vector<std::string> values_of_range(const FreeKey& key) {
  return Range(key).values();
}

}  // namespace bitbalance::explore
