// Layers as a user names them on the command line: names and patterns, separated by commas.
#pragma once

#include <string>
#include <vector>

namespace bitbalance {

/// Those of `layers` that a name or shell pattern (*, ?) of the comma-separated `patterns` matches, in their
/// order. Throws SettingsError, naming `option`, for one that matches none.
std::vector<std::string> matching_layers(const std::string& option, const std::string& patterns,
                                         const std::vector<std::string>& layers);

/// "did you mean ...?" or, with no name near, all that there are.
std::string layer_hint(const std::string& name, const std::vector<std::string>& layers);

}  // namespace bitbalance
