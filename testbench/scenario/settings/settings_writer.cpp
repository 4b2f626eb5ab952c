#include "testbench/scenario/settings/settings_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bitbalance::scenario {

void SettingsWriter::line(const Setting& setting, const std::string& value) {
  std::string indent = indent_;
  if (dash_) indent.replace(indent.size() - 2, 2, "- ");
  dash_ = false;
  const std::string start = fmt::format("{}{}:{}{}", indent, setting.key, value.empty() ? "" : " ", value);
  yaml_ += quiet_ ? start + "\n" : fmt::format("{:<{}}  # {}\n", start, kCommentColumn, setting.meaning);
}

void SettingsWriter::section(const Setting& setting, const std::function<void()>& body) {
  line(setting, "");
  indent_ += "  ";
  body();
  indent_.resize(indent_.size() - 2);
}

void SettingsWriter::optional_section(const Setting& setting, bool& given,
                                      const std::function<void()>& body) {
  if (given) section(setting, body);
}

void SettingsWriter::list(const Setting& setting, const std::function<void(std::size_t)>& /*resize*/,
                          const std::function<std::size_t()>& size,
                          const std::function<void(std::size_t)>& body) {
  line(setting, size() == 0 ? "[]" : "");
  indent_ += "  ";
  for (std::size_t i = 0; i < size(); ++i) {
    dash_ = true;
    indent_ += "  ";
    body(i);
    indent_.resize(indent_.size() - 2);
    quiet_ = true;
  }
  quiet_ = false;
  indent_.resize(indent_.size() - 2);
}

void SettingsWriter::integer(const Setting& setting, std::int64_t& value, std::int64_t, std::int64_t) {
  line(setting, fmt::format("{}", value));
}

void SettingsWriter::integers(const Setting& setting, std::vector<std::int64_t>& values, std::int64_t,
                              std::int64_t) {
  if (!values.empty()) line(setting, fmt::format("[{}]", fmt::join(values, ", ")));
}

void SettingsWriter::optional_integer(const Setting& setting, std::optional<int>& value, int, int) {
  if (value) line(setting, fmt::format("{}", *value));
}

void SettingsWriter::real(const Setting& setting, double& value, double, double) {
  line(setting, fmt::format("{}", value));
}

void SettingsWriter::reals(const Setting& setting, std::vector<double>& values, double, double) {
  line(setting, yaml_numbers(values));
}

void SettingsWriter::rational(const Setting& setting, Rational& value) {
  line(setting, yaml_quoted(to_string(value)));
}

void SettingsWriter::boolean(const Setting& setting, bool& value) {
  line(setting, value ? "true" : "false");
}

void SettingsWriter::text(const Setting& setting, std::string& value) {
  if (!value.empty()) line(setting, yaml_quoted(value));
}

void SettingsWriter::choice(const Setting& setting, std::size_t& value,
                            const std::vector<std::string>& choices) {
  line(setting, choices[value]);
}

void SettingsWriter::path(const Setting& setting, std::filesystem::path& value) {
  if (!value.empty()) line(setting, yaml_quoted(value.string()));
}

void SettingsWriter::file_or_folder(const Setting& setting, std::filesystem::path& value) {
  path(setting, value);
}

std::string yaml_numbers(const std::vector<double>& values) {
  return values.size() == 1 ? fmt::format("{}", values.front())
                            : fmt::format("[{}]", fmt::join(values, ", "));
}

std::string yaml_quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < ' ' || code == 0x7f) {
      quoted += fmt::format("\\x{:02x}", code);
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  return quoted + "\"";
}

}  // namespace bitbalance::scenario
