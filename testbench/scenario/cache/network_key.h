// All that a scenario's quantized network is made from, as a text: the key of NetworkCache.
#pragma once

#include <optional>
#include <string>

#include "testbench/scenario/scenario.h"

namespace bitbalance::scenario {

/// The settings that count, what the files hold, and which program this is. None where that cannot be known:
/// a file that cannot be read, or a model with data in other files; then nothing is cached.
std::optional<std::string> network_key(const Scenario& scenario);

}  // namespace bitbalance::scenario
