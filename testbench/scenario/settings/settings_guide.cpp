#include "testbench/scenario/settings/settings_guide.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <utility>

#include "testbench/scenario/settings/accepted.h"
#include "testbench/scenario/settings/settings_writer.h"

namespace bitbalance::scenario {
namespace {

constexpr std::size_t kStep = 2;
constexpr std::string_view kComment = "# ";

}  // namespace

void SettingsGuide::write(const Setting& setting, const std::string& value, const std::string& accepted) {
  std::string indent = indent_;
  if (dash_) indent.replace(indent.size() - kStep, kStep, "- ");
  dash_ = false;
  const std::string path = path_ + setting.key;
  values_[path] = value;
  const auto usual = defaults_.find(path);
  const bool is_default = is_conditional_ && usual != defaults_.end() && usual->second == value;
  as_default_ = commented_ == 0 && is_default ? yaml_.size() : kNowhere;
  const std::string start = fmt::format("{}{}{}:{}{}", commented_ > 0 || is_default ? kComment : "", indent,
                                        setting.key, value.empty() ? "" : " ", value);
  std::string comment = setting.meaning;
  if (!comment.empty() && !accepted.empty()) comment += "; ";
  comment += accepted;
  yaml_ += fmt::format("{:<{}}  # {}\n", start, kCommentColumn, comment);
}

void SettingsGuide::required() {
  if (as_default_ != kNowhere) yaml_.erase(as_default_, kComment.size());
  as_default_ = kNowhere;
}

void SettingsGuide::as_comment(const std::function<void()>& body) {
  ++commented_;
  body();
  --commented_;
}

void SettingsGuide::line(const Setting& setting, const std::string& value, const std::string& placeholder,
                         const std::string& accepted) {
  if (!value.empty()) return write(setting, value, accepted);
  as_comment([&] { write(setting, placeholder, accepted); });
}

void SettingsGuide::open(const Setting& setting, const char* accepted, const std::function<void()>& body) {
  const bool around = std::exchange(is_conditional_, false);  // a section is whole, or a comment
  write(setting, "", accepted);
  const std::size_t outside = path_.size();
  path_ += std::string(setting.key) + ".";
  indent_.append(kStep, ' ');
  body();
  indent_.resize(indent_.size() - kStep);
  path_.resize(outside);
  is_conditional_ = around;
}

void SettingsGuide::section(const Setting& setting, const std::function<void()>& body) {
  open(setting, "a section, or a file that holds it", body);
}

void SettingsGuide::optional_section(const Setting& setting, bool& given, const std::function<void()>& body) {
  only_if(given, "", [&] { section(setting, body); });
}

void SettingsGuide::only_if(bool applies, const char* /*condition*/, const std::function<void()>& body) {
  if (!applies) return as_comment(body);
  const bool around = std::exchange(is_conditional_, true);
  body();
  is_conditional_ = around;
}

void SettingsGuide::list(const Setting& setting, const std::function<void(std::size_t)>& resize,
                         const std::function<std::size_t()>& size,
                         const std::function<void(std::size_t)>& body) {
  const bool is_empty = size() == 0;
  if (is_empty) resize(1);  // what an element would be
  only_if(!is_empty, "", [&] {
    open(setting, "a list of these", [&] {
      for (std::size_t i = 0; i < size(); ++i) {
        dash_ = true;
        indent_.append(kStep, ' ');
        body(i);
        indent_.resize(indent_.size() - kStep);
      }
    });
  });
  if (is_empty) resize(0);
}

void SettingsGuide::integer(const Setting& setting, std::int64_t& value, std::int64_t low,
                            std::int64_t high) {
  std::string accepted = accepted_integer(low, high);
  if (!is_bounded(low)) {
    const std::string by_check = accepted_(path_ + setting.key);
    if (!by_check.empty()) accepted = by_check;
  }
  write(setting, fmt::format("{}", value), accepted);
}

void SettingsGuide::integers(const Setting& setting, std::vector<std::int64_t>& values, std::int64_t low,
                             std::int64_t high) {
  line(setting, values.empty() ? "" : fmt::format("[{}]", fmt::join(values, ", ")), "[1, 2]",
       accepted_integers(low, high));
}

void SettingsGuide::optional_integer(const Setting& setting, std::optional<int>& value, int low, int high) {
  line(setting, value ? fmt::format("{}", *value) : "", fmt::format("{}", high), accepted_integer(low, high));
}

void SettingsGuide::real(const Setting& setting, double& value, double low, double high) {
  write(setting, fmt::format("{}", value), accepted_real(low, high));
}

void SettingsGuide::reals(const Setting& setting, std::vector<double>& values, double low, double high) {
  write(setting, yaml_numbers(values), accepted_reals(low, high));
}

void SettingsGuide::rational(const Setting& setting, Rational& value) {
  write(setting, yaml_quoted(to_string(value)), kAcceptedRational);
}

void SettingsGuide::boolean(const Setting& setting, bool& value) {
  write(setting, value ? "true" : "false", kAcceptedBoolean);
}

void SettingsGuide::text(const Setting& setting, std::string& value) {
  line(setting, value.empty() ? "" : yaml_quoted(value), "\"text\"", setting.form);
}

void SettingsGuide::choice(const Setting& setting, std::size_t& value,
                           const std::vector<std::string>& choices) {
  write(setting, choices[value], accepted_choice(choices));
}

void SettingsGuide::path(const Setting& setting, std::filesystem::path& value) {
  line(setting, value.empty() ? "" : yaml_quoted(value.lexically_proximate(folder_).string()), "\"FILE\"",
       "a file");
}

void SettingsGuide::file_or_folder(const Setting& setting, std::filesystem::path& value) {
  line(setting, value.empty() ? "" : yaml_quoted(value.lexically_proximate(folder_).string()), "\"FILE\"",
       "a file or a folder");
}

}  // namespace bitbalance::scenario
