// The accelerators of a platform that has several: a YAML file beside the scenario.
#pragma once

#include <filesystem>
#include <vector>

#include "testbench/scenario/scenario.h"

namespace bitbalance::scenario {

struct PlatformAccelerator {
  Level level = Level::kTlm;          ///< kRtl or kTlm
  std::filesystem::path accelerator;  ///< file of its settings; empty: as in the scenario
};

struct PlatformSettings {
  std::vector<PlatformAccelerator> accelerators;
};

/// With 1 to `most` accelerators. `files`: those that were parsed before. Throws SettingsError.
PlatformSettings load_platform(const std::filesystem::path& file, std::size_t most,
                               SettingsFiles* files = nullptr);

}  // namespace bitbalance::scenario
