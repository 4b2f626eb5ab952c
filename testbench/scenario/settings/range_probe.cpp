#include "testbench/scenario/settings/range_probe.h"

#include "base/text/config_error.h"

namespace bitbalance::scenario {
namespace {

constexpr int kRefused = -1;

/// Gives the one setting the refused value and keeps what the first check says of it.
class RangeProbe : public SettingsVisitor {
 public:
  explicit RangeProbe(std::string wanted) : wanted_(std::move(wanted)) {}

  const std::string& accepted() const { return accepted_; }

  using SettingsVisitor::choice;
  using SettingsVisitor::integer;
  void section(const Setting& setting, const std::function<void()>& body) override {
    const std::size_t outside = path_.size();
    path_ += std::string(setting.key) + ".";
    body();
    path_.resize(outside);
  }
  void integer(const Setting& setting, std::int64_t& value, std::int64_t, std::int64_t) override {
    if (path_ + setting.key == wanted_) value = kRefused;
  }
  void checked(const std::function<void()>& check) override {
    try {
      check();
    } catch (const ConfigError& refused) {
      if (refused.parameter() == wanted_.substr(wanted_.rfind('.') + 1)) accepted_ = refused.accepted();
    }
  }

  void optional_section(const Setting&, bool&, const std::function<void()>&) override {}
  void list(const Setting&, const std::function<void(std::size_t)>&, const std::function<std::size_t()>&,
            const std::function<void(std::size_t)>&) override {}
  void integers(const Setting&, std::vector<std::int64_t>&, std::int64_t, std::int64_t) override {}
  void optional_integer(const Setting&, std::optional<int>&, int, int) override {}
  void real(const Setting&, double&, double, double) override {}
  void reals(const Setting&, std::vector<double>&, double, double) override {}
  void rational(const Setting&, Rational&) override {}
  void boolean(const Setting&, bool&) override {}
  void text(const Setting&, std::string&) override {}
  void choice(const Setting&, std::size_t&, const std::vector<std::string>&) override {}
  void path(const Setting&, std::filesystem::path&) override {}
  void file_or_folder(const Setting&, std::filesystem::path&) override {}
  void only_if(bool, const char*, const std::function<void()>& body) override { body(); }
  void required() override {}
  void rule(bool, const char*, const std::string&) override {}

 private:
  std::string wanted_;
  std::string path_;  ///< "accelerator.dram."
  std::string accepted_;
};

}  // namespace

std::string accepted_by_check(const std::string& path, const std::function<void(SettingsVisitor&)>& show) {
  RangeProbe probe(path);
  show(probe);
  return probe.accepted();
}

}  // namespace bitbalance::scenario
