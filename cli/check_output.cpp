#include "cli/check_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "testbench/report/folder/manifest.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::cli {

namespace fs = std::filesystem;

void check_output(const char* option, const fs::path& given, const std::vector<fs::path>& others) {
  std::error_code ignored;
  const fs::path file = fs::weakly_canonical(given, ignored);
  const auto results = read_manifest(file.parent_path());
  const bool is_other = std::any_of(others.begin(), others.end(), [&](const fs::path& other) {
    return fs::equivalent(file, other, ignored) || fs::weakly_canonical(other, ignored) == file;
  });
  const bool is_result = results && results->files.count(file.filename().string()) != 0;
  if (!is_other && !is_result) return;
  throw SettingsError(
      fmt::format("{} {}: is {}; accepted: another file", option, given.string(),
                  is_other ? "read or written by this command" : "a result of an earlier command"));
}

}  // namespace bitbalance::cli
