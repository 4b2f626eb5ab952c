// A scenario to be edited: every key with its meaning and what it accepts. Some lines are comments: take the
// "# " away and they hold. They are keys without a value, and keys that matter only beside certain values of
// others and still have their default. So none is in the way when a value is edited.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "testbench/scenario/settings/settings.h"

namespace bitbalance::scenario {

class SettingsGuide : public SettingsVisitor {
 public:
  /// What a check of several settings together accepts of "path.to.key"; empty: it does not say.
  using Accepted = std::function<std::string(const std::string& path)>;

  /// Values as they are written, by "path.to.key".
  using Values = std::map<std::string, std::string>;

  /// `folder`: of the scenario, which files are named relative to. `defaults`: the values() of default
  /// settings.
  SettingsGuide(std::filesystem::path folder, Accepted accepted, Values defaults)
      : folder_(std::move(folder)), accepted_(std::move(accepted)), defaults_(std::move(defaults)) {}

  const std::string& yaml() const { return yaml_; }
  const Values& values() const { return values_; }

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
  void only_if(bool applies, const char* condition, const std::function<void()>& body) override;
  void required() override;
  void rule(bool, const char*, const std::string&) override {}
  void checked(const std::function<void()>&) override {}

 private:
  static constexpr std::size_t kNowhere = std::string::npos;

  /// One key; an empty value is shown as a comment with `placeholder`.
  void line(const Setting& setting, const std::string& value, const std::string& placeholder,
            const std::string& accepted);
  /// `key:` and what follows, one step further in.
  void open(const Setting& setting, const char* accepted, const std::function<void()>& body);
  void write(const Setting& setting, const std::string& value, const std::string& accepted);
  /// Whatever `body` shows is a comment.
  void as_comment(const std::function<void()>& body);

  std::filesystem::path folder_;
  Accepted accepted_;
  Values defaults_, values_;
  std::string yaml_;
  std::string path_;  ///< "accelerator.dram."
  std::string indent_;
  bool dash_ = false;                  ///< the next line opens a list element
  bool is_conditional_ = false;        ///< what is shown has a use only beside values of others
  std::size_t as_default_ = kNowhere;  ///< where the last line begins, if it is a comment for being a default
  int commented_ = 0;                  ///< that many bodies of comments are open
};

}  // namespace bitbalance::scenario
