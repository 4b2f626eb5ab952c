// Single files that commands write where the user says.
#pragma once

#include <filesystem>
#include <set>
#include <vector>

#include "cli/names.h"

namespace bitbalance::cli {

/// A file that `option` names for a command to write.
struct OutputOption {
  const char* option;
  std::filesystem::path file;  ///< empty: not given
};

/// None of `outputs` must take the place of another one, of what the command reads (`read`: files, and
/// folders of them), or of what a command left as a result. Throws SettingsError.
void check_outputs(const std::vector<OutputOption>& outputs, const std::set<std::filesystem::path>& read);

}  // namespace bitbalance::cli
