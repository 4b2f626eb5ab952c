#include "cli/overrides.h"

#include "testbench/scenario/settings/settings_writer.h"

namespace bitbalance::cli {

std::vector<SettingOverride> overrides_of(const std::vector<std::string>& settings) {
  std::vector<SettingOverride> overrides;
  overrides.reserve(settings.size());
  for (const std::string& setting : settings) overrides.push_back({setting, ""});
  return overrides;
}

void add_override(std::vector<SettingOverride>& overrides, const std::string& key, const std::string& value,
                  const std::string& option) {
  if (!value.empty()) overrides.push_back({key + "=" + yaml_quoted(value), option});
}

}  // namespace bitbalance::cli
