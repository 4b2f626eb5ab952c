// What a sweep gives a design point, in the words of `bitbalance run`: how to see one point alone.
#pragma once

#include <string>
#include <vector>

#include "testbench/explore/sweep/sweep_settings.h"
#include "testbench/scenario/settings/effective_settings.h"

namespace bitbalance::explore {

/// "--set accelerator.rows=16 --set memory=fast.yaml", for a shell in the current folder. A sweep finds files
/// beside itself, the command from here: `effective`, the settings of a point that has these values, tells
/// which of them are files.
std::string setting_words(const std::vector<Assignment>& given, const EffectiveSettings& effective);

}  // namespace bitbalance::explore
