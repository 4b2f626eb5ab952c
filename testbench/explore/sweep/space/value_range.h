// A range of values in a sweep file: {from: 16, to: 64, step: 16}, or {from: 4096, to: 65536, factor: 2}.
#pragma once

#include <string>
#include <vector>

#include "testbench/explore/names.h"
#include "testbench/scenario/settings/settings_reader.h"

namespace bitbalance::explore {

/// From `from` to `to`, that included where a step or factor meets it; exact decimals. Precondition: the key
/// holds a mapping. Throws SettingsError.
std::vector<std::string> values_of_range(const FreeKey& key);

}  // namespace bitbalance::explore
