// Writes settings as YAML that SettingsReader reads back, each with its meaning as a comment.
#pragma once

#include "testbench/scenario/settings/settings.h"

namespace bitbalance::scenario {

/// Where the comments of a written scenario begin, unless a setting is longer.
inline constexpr std::size_t kCommentColumn = 44;

/// A string as a YAML scalar whatever is in it.
std::string yaml_quoted(const std::string& text);

/// A number, or a list of several.
std::string yaml_numbers(const std::vector<double>& values);

class SettingsWriter : public SettingsVisitor {
 public:
  const std::string& yaml() const { return yaml_; }

  using SettingsVisitor::choice;
  using SettingsVisitor::integer;
  void section(const Setting& setting, const std::function<void()>& body) override;
  void optional_section(const Setting& setting, bool& given, const std::function<void()>& body) override;
  void list(const Setting& setting, const std::function<void(std::size_t)>& resize,
            const std::function<std::size_t()>& size, const std::function<void(std::size_t)>& body) override;
  void integer(const Setting& setting, std::int64_t& value, std::int64_t low, std::int64_t high) override;
  void integers(const Setting& setting, std::vector<std::int64_t>& values, std::int64_t low,
                std::int64_t high) override;
  void optional_integer(const Setting& setting, std::optional<int>& value, int low, int high) override;
  void real(const Setting& setting, double& value, double low, double high) override;
  void reals(const Setting& setting, std::vector<double>& values, double low, double high) override;
  void rational(const Setting& setting, Rational& value) override;
  void boolean(const Setting& setting, bool& value) override;
  void text(const Setting& setting, std::string& value) override;
  void choice(const Setting& setting, std::size_t& value, const std::vector<std::string>& choices) override;
  void path(const Setting& setting, std::filesystem::path& value) override;
  void file_or_folder(const Setting& setting, std::filesystem::path& value) override;
  void required() override {}
  void rule(bool, const char*, const std::string&) override {}
  void checked(const std::function<void()>&) override {}

 private:
  void line(const Setting& setting, const std::string& value);

  std::string yaml_;
  std::string indent_;
  bool dash_ = false;   ///< the next line opens a list element
  bool quiet_ = false;  ///< comments only in the first element of a list
};

}  // namespace bitbalance::scenario
