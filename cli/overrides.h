// What stands on the command line in place of settings of a file: `--set`, and options of their own.
#pragma once

#include <string>
#include <vector>

#include "cli/names.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::cli {

/// Of each "path.to.key=value" that `--set` gave.
std::vector<SettingOverride> overrides_of(const std::vector<std::string>& settings);

/// `option` was given `value`, which `key` shall have; nothing if it is empty: not given.
void add_override(std::vector<SettingOverride>& overrides, const std::string& key, const std::string& value,
                  const std::string& option);

}  // namespace bitbalance::cli
