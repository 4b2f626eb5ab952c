// What a check of settings together accepts of one of them, asked of the check itself: it is given a value
// that no setting accepts, and its refusal says what it does.
#pragma once

#include <functional>
#include <string>

#include "testbench/scenario/settings/settings.h"

namespace bitbalance::scenario {

/// `path`: "accelerator.dram.burst_bytes", of a whole number without bounds of its own. `show` shows a
/// visitor the default settings. Empty where no check refuses the setting.
std::string accepted_by_check(const std::string& path, const std::function<void(SettingsVisitor&)>& show);

}  // namespace bitbalance::scenario
