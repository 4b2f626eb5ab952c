#include "testbench/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text/enum_names.h"
#include "base/text/outside_text.h"
#include "base/text/word_choice.h"
#include "testbench/scenario/settings/range_probe.h"
#include "testbench/scenario/settings/settings_guide.h"
#include "testbench/scenario/settings/settings_reader.h"
#include "testbench/scenario/settings/settings_writer.h"
#include "testbench/scenario/technology.h"

namespace bitbalance::scenario {

const char* to_string(Level level) {
  switch (level) {
    case Level::kRtl:
      return "rtl";
    case Level::kTlm:
      return "tlm";
    case Level::kAnalytic:
      return "analytic";
  }
  return "?";
}

std::vector<std::string> level_names() {
  return names_of({Level::kRtl, Level::kTlm, Level::kAnalytic});
}

Level level_of(const std::string& name, const std::string& where) {
  return static_cast<Level>(place_of(name, level_names(), where));
}

const char* to_string(GoldenExtent extent) {
  switch (extent) {
    case GoldenExtent::kFull:
      return "full";
    case GoldenExtent::kSampled:
      return "sampled";
  }
  return "?";
}

const char* to_string(MemoryKind model) {
  switch (model) {
    case MemoryKind::kIdeal:
      return "ideal";
    case MemoryKind::kTimed:
      return "timed";
  }
  return "?";
}

Rational MemorySettings::rate(double clock_hz) const {
  if (bytes_per_second == 0) return bytes_per_cycle;
  if (const auto exact = ratio(std::llround(bytes_per_second), std::llround(clock_hz))) return *exact;
  constexpr std::int64_t kParts = 1'000'000;
  const std::int64_t parts = std::llround(bytes_per_second / clock_hz * kParts);
  return ratio(std::clamp<std::int64_t>(parts, 1, kMostOfRational), kParts).value();
}

double MemorySettings::peak_bytes_per_cycle(double clock_hz) const {
  return model == MemoryKind::kIdeal ? boost::rational_cast<double>(rate(clock_hz))
                                     : dram.config.peak_bytes_per_s() / clock_hz;
}

IdealMemoryTiming MemorySettings::ideal_timing(double clock_hz) const {
  if (model == MemoryKind::kIdeal) {
    const Rational exact = rate(clock_hz);
    return {latency_cycles, exact.numerator(), exact.denominator()};
  }
  constexpr std::int64_t kParts = 1000;
  IdealMemoryTiming timing;
  timing.bytes_per_cycle_numerator =
      std::max<std::int64_t>(1, std::llround(peak_bytes_per_cycle(clock_hz) * kParts));
  timing.bytes_per_cycle_denominator = kParts;
  return timing;
}

Scenario load_scenario(const std::filesystem::path& file, const std::vector<SettingOverride>& overrides,
                       SettingsFiles* files) {
  if (file.extension() == kModelExtension) {
    std::vector<SettingOverride> settings = {{"network.model=" + yaml_quoted(file.string()), "model"}};
    settings.push_back({"name=" + yaml_quoted(file.stem().string()), "model"});
    settings.insert(settings.end(), overrides.begin(), overrides.end());
    return load_scenario("", settings, files);
  }
  Scenario scenario;
  scenario.name = file.stem().string();
  if (!is_utf8(scenario.name))
    throw SettingsError(file.string() + ": a name that is not UTF-8; accepted: UTF-8");
  SettingsReader reader(file, overrides, files);
  reader.read([&] { show_scenario(reader, scenario); });
  if (scenario.run.mixed()) scenario.mapping.barrier = LayerBarrier::kLayer;  // where levels can change
  return scenario;
}

std::string to_yaml(const Scenario& scenario) {
  Scenario copy = scenario;  // visitors may write
  SettingsWriter writer;
  show_scenario(writer, copy);
  return writer.yaml();
}

std::string to_guide(const Scenario& scenario, const std::filesystem::path& folder) {
  const auto accepted = [](const std::string& path) {
    return accepted_by_check(path, [](SettingsVisitor& v) {
      Scenario defaults;
      show_scenario(v, defaults);
    });
  };
  Scenario defaults, copy = scenario;
  SettingsGuide usual(folder, accepted, {});
  show_scenario(usual, defaults);
  SettingsGuide guide(folder, accepted, usual.values());
  show_scenario(guide, copy);
  return guide.yaml();
}

std::string to_yaml(const QuantizationSettings& quantization, const AcceleratorConfig& hardware) {
  QuantizationSettings copy = quantization;
  SettingsWriter writer;
  show_quantization(writer, copy, hardware);
  return writer.yaml();
}

std::string to_yaml(const MappingSettings& mapping) {
  MappingSettings copy = mapping;
  SettingsWriter writer;
  show_mapping(writer, copy);
  return writer.yaml();
}

}  // namespace bitbalance::scenario
