// YAML as this program reads it: one document of mappings, lists and text, in which nothing is dropped,
// doubled or given a meaning by the YAML library. docs/scenarios.md lists what is refused.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

#include "testbench/scenario/names.h"

namespace bitbalance::scenario {

/// Throws SettingsError, one line that begins with `place` (a file, or an option), for text that is not YAML
/// and for what this program does not read. `lines`: the place is a file, whose line is told, too.
YAML::Node parse_yaml(const std::string& text, const std::string& place, bool lines);

}  // namespace bitbalance::scenario
