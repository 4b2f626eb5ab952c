#include "testbench/scenario/settings/settings_files.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "base/text/outside_text.h"
#include "testbench/scenario/settings/settings.h"
#include "testbench/scenario/settings/yaml_text.h"

namespace bitbalance::scenario {

std::string form_of(const YAML::Node& node) {
  constexpr std::size_t kMostShown = 200;  // a file can be one value
  if (node.IsMap()) return "a mapping";
  if (node.IsSequence()) return "a list";
  return node.IsScalar() ? "'" + beginning(node.Scalar(), kMostShown) + "'" : "nothing";
}

const YAML::Node& SettingsFiles::mapping_of(const std::filesystem::path& file) {
  const auto known = mappings_.find(file);
  if (known != mappings_.end()) return known->second;
  note(file);
  constexpr std::size_t kLargestFile = std::size_t{1} << 26;
  const std::optional<std::string> text = read_bytes(file, kLargestFile);
  if (!text)
    throw SettingsError(fmt::format("{}: {}; accepted: a YAML file", file.string(), unreadable(file)));
  const YAML::Node node = parse_yaml(*text, file.string(), true);
  if (!node.IsMap()) {
    throw SettingsError(
        fmt::format("{}: {}; accepted: a mapping, 'key: value'", file.string(), form_of(node)));
  }
  return mappings_.emplace(file, node).first->second;
}

std::any& SettingsFiles::section_of(const std::string& path,
                                    const std::vector<std::filesystem::path>& files) {
  return sections_[{path, files}];
}

}  // namespace bitbalance::scenario
