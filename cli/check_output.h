// Single files that commands write where the user says.
#pragma once

#include <filesystem>
#include <vector>

#include "cli/names.h"

namespace bitbalance::cli {

/// What `option` names must not take the place of what a command reads or writes besides, `others`, or of
/// what one left as a result. Throws SettingsError.
void check_output(const char* option, const std::filesystem::path& given,
                  const std::vector<std::filesystem::path>& others);

}  // namespace bitbalance::cli
