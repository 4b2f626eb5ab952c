// A setting that is refused, as values: whoever knows where the setting stands (line of a file, option of a
// command) tells that beside them, and nobody reads the message.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace bitbalance {

class ConfigError : public std::invalid_argument {
 public:
  /// `subject`: what the setting belongs to, or what asks for another; `parameter`: its name in a scenario.
  ConfigError(const std::string& subject, std::string parameter, std::string value, std::string accepted)
      : std::invalid_argument(fmt::format("{}: {} = {}: accepted: {}", subject, parameter, value, accepted)),
        parameter_(std::move(parameter)),
        value_(std::move(value)),
        accepted_(std::move(accepted)) {}

  /// The same setting, refused by another.
  ConfigError of(const std::string& subject) const { return {subject, parameter_, value_, accepted_}; }

  const std::string& parameter() const { return parameter_; }
  const std::string& value() const { return value_; }
  const std::string& accepted() const { return accepted_; }

 private:
  std::string parameter_, value_, accepted_;
};

/// Throws ConfigError unless the rule holds. For a text that must be made first, throw it yourself: this one
/// is called for every design point.
template <class Value>
void require(bool holds, std::string_view subject, const char* parameter, const Value& value,
             std::string_view accepted) {
  if (!holds)
    throw ConfigError(std::string(subject), parameter, fmt::format("{}", value), std::string(accepted));
}

}  // namespace bitbalance
