#include "cli/check_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "testbench/report/manifest.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::cli {

namespace fs = std::filesystem;

void check_table(const fs::path& csv, const std::vector<fs::path>& inputs) {
  std::error_code ignored;
  const fs::path file = fs::weakly_canonical(csv, ignored);
  const auto results = read_manifest(file.parent_path());
  const bool is_input = std::any_of(inputs.begin(), inputs.end(), [&](const fs::path& input) {
    return fs::equivalent(file, input, ignored);
  });
  const bool is_result = results && results->files.count(file.filename().string()) != 0;
  if (!is_input && !is_result) return;
  throw SettingsError(fmt::format("--csv {}: is {}; accepted: another file", csv.string(),
                                  is_input ? "read by this command" : "a result of an earlier command"));
}

}  // namespace bitbalance::cli
