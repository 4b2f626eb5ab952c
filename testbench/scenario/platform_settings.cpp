#include "testbench/scenario/platform_settings.h"

#include <fmt/format.h>

#include "testbench/scenario/settings/settings_reader.h"

namespace bitbalance::scenario {

PlatformSettings load_platform(const std::filesystem::path& file, std::size_t most, SettingsFiles* files) {
  PlatformSettings settings;
  std::vector<PlatformAccelerator>& accelerators = settings.accelerators;
  SettingsReader reader(file, {}, files);
  reader.read([&] {
    reader.list(
        {"accelerators", "each with a level and settings of its own"},
        [&](std::size_t size) { accelerators.resize(size); }, [&] { return accelerators.size(); },
        [&](std::size_t i) {
          PlatformAccelerator& accelerator = accelerators[i];
          reader.choice({"level", "of detail"}, accelerator.level,
                        {to_string(Level::kRtl), to_string(Level::kTlm)});
          reader.path({"accelerator", "file of its settings, instead of the scenario's"},
                      accelerator.accelerator);
        });
    reader.required();
    reader.rule(!accelerators.empty() && accelerators.size() <= most, "accelerators",
                fmt::format("{} of them; accepted: 1 to {}", accelerators.size(), most));
  });
  return settings;
}

}  // namespace bitbalance::scenario
