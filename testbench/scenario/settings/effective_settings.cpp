#include "testbench/scenario/settings/effective_settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "testbench/scenario/settings/settings_writer.h"

namespace bitbalance::scenario {
namespace {

class Lister : public SettingsVisitor {
 public:
  explicit Lister(EffectiveSettings& list) : list_(list) {}

  using SettingsVisitor::choice;
  using SettingsVisitor::integer;
  void section(const Setting& setting, const std::function<void()>& body) override {
    within(fmt::format("{}.", setting.key), body);
  }
  void optional_section(const Setting& setting, bool& given, const std::function<void()>& body) override {
    if (given) section(setting, body);
  }
  void list(const Setting& setting, const std::function<void(std::size_t)>& /*resize*/,
            const std::function<std::size_t()>& size, const std::function<void(std::size_t)>& body) override {
    for (std::size_t i = 0; i < size(); ++i) within(fmt::format("{}[{}].", setting.key, i), [&] { body(i); });
  }
  void integer(const Setting& setting, std::int64_t& value, std::int64_t, std::int64_t) override {
    add(setting, fmt::format("{}", value));
  }
  void integers(const Setting& setting, std::vector<std::int64_t>& values, std::int64_t,
                std::int64_t) override {
    if (!values.empty()) add(setting, fmt::format("[{}]", fmt::join(values, ", ")));
  }
  void optional_integer(const Setting& setting, std::optional<int>& value, int, int) override {
    if (value) add(setting, fmt::format("{}", *value));
  }
  void real(const Setting& setting, double& value, double, double) override {
    add(setting, fmt::format("{}", value));
  }
  void reals(const Setting& setting, std::vector<double>& values, double, double) override {
    add(setting, yaml_numbers(values));
  }
  void rational(const Setting& setting, Rational& value) override { add(setting, to_string(value)); }
  void boolean(const Setting& setting, bool& value) override { add(setting, value ? "true" : "false"); }
  void text(const Setting& setting, std::string& value) override {
    if (!value.empty()) add(setting, value);
  }
  void choice(const Setting& setting, std::size_t& value, const std::vector<std::string>& choices) override {
    list_.words.insert(choices.begin(), choices.end());
    add(setting, choices[value]);
  }
  void path(const Setting& setting, std::filesystem::path& value) override {
    if (!value.empty()) list_.settings.push_back({path_ + setting.key, value.string(), true});
  }
  void file_or_folder(const Setting& setting, std::filesystem::path& value) override { path(setting, value); }
  void required() override {}
  void rule(bool, const char*, const std::string&) override {}
  void checked(const std::function<void()>&) override {}

 private:
  void within(const std::string& step, const std::function<void()>& body) {
    const std::size_t outside = path_.size();
    path_ += step;
    body();
    path_.resize(outside);
  }
  void add(const Setting& setting, std::string text) {
    list_.settings.push_back({path_ + setting.key, std::move(text), false});
  }

  EffectiveSettings& list_;
  std::string path_;  ///< "accelerator.dram."
};

}  // namespace

const EffectiveSetting* EffectiveSettings::find(const std::string& path) const {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const EffectiveSetting& setting) { return setting.path == path; });
  return found == settings.end() ? nullptr : &*found;
}

EffectiveSettings effective_settings(const Scenario& scenario) {
  Scenario copy = scenario;  // visitors may write
  EffectiveSettings list;
  Lister lister(list);
  show_scenario(lister, copy);
  return list;
}

}  // namespace bitbalance::scenario
