// Tables that commands write where the user says.
#pragma once

#include <filesystem>
#include <vector>

#include "cli/names.h"

namespace bitbalance::cli {

/// A table (`--csv`) must not take the place of what a command reads or writes besides, `inputs`, or of what
/// one left as a result. Throws SettingsError.
void check_table(const std::filesystem::path& csv, const std::vector<std::filesystem::path>& inputs);

}  // namespace bitbalance::cli
