// Technology files: the constants of the cost model, read with the place of everything that is wrong.
#pragma once

#include <filesystem>
#include <vector>

#include "hw/cost/technology.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::scenario {

class SettingsFiles;

/// Shows every constant; each must be given. What is read passes check(Technology).
void show_technology(SettingsVisitor& v, Technology& technology);

/// `files`: those that were parsed before. Throws SettingsError.
Technology load_technology(const std::filesystem::path& file,
                           const std::vector<SettingOverride>& overrides = {},
                           SettingsFiles* files = nullptr);

}  // namespace bitbalance::scenario
