// All that a scenario's quantized network is made from, as a text: the key of NetworkCache.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "testbench/scenario/scenario.h"

namespace bitbalance::scenario {

/// The settings that count, what the files hold, and which program this is. None where that cannot be known:
/// a file that cannot be read, or a model with data in other files; then nothing is cached.
std::optional<std::string> network_key(const Scenario& scenario);

/// Whether an effective setting of this path can change the quantized network.
bool makes_network(const std::string& path);

/// What a file or folder that a setting names is read from: the pictures of a folder and its folders per
/// class; the archive of an array. Throws std::invalid_argument for a folder that cannot be read.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& place);

}  // namespace bitbalance::scenario
