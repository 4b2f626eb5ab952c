// Settings files as they were parsed, for whoever reads the same ones thousands of times: a scenario and what
// it includes cost milliseconds to parse, and its settings a fraction of one to read.
#pragma once

#include <yaml-cpp/yaml.h>

#include <any>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "testbench/scenario/names.h"

namespace bitbalance::scenario {

class SettingsFiles {
 public:
  /// The file's mapping, parsed when it is asked for first: what changes on disk later is not seen. Throws
  /// SettingsError.
  const YAML::Node& mapping_of(const std::filesystem::path& file);
  /// Of a file or folder that a setting names.
  void note(const std::filesystem::path& place) { read_.insert(place); }
  /// Files that were parsed, and files and folders that settings name.
  const std::set<std::filesystem::path>& read() const { return read_; }
  /// What section `path`, read of these files and nothing else, has become; empty at first.
  std::any& section_of(const std::string& path, const std::vector<std::filesystem::path>& files);

 private:
  std::map<std::filesystem::path, YAML::Node> mappings_;
  std::set<std::filesystem::path> read_;
  std::map<std::pair<std::string, std::vector<std::filesystem::path>>, std::any> sections_;
};

/// What stands where something else was expected, for a message: "a mapping", "a list", "'text'" (of a long
/// one the beginning), "nothing".
std::string form_of(const YAML::Node& node);

}  // namespace bitbalance::scenario
