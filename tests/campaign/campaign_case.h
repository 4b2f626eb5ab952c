// One seed of a campaign: a random network on a random accelerator, in front of a random memory or behind
// random stalls, held against the golden model and at all levels that know such a memory.
#pragma once

#include <cstdint>
#include <string>

#include "tests/campaign/campaign.h"
#include "tests/support/names.h"

namespace bitbalance::test {

/// First difference as text; it begins with "hang: " if the watchdog saw no progress. Empty: none. kTooLong:
/// none at `tlm` and `analytic`, and `rtl` would take minutes.
std::string check_case(std::uint64_t seed, const Isolated& isolated);

}  // namespace bitbalance::test
