// Activities that belong together, for whoever decides or counts them.
#pragma once

#include "hw/isa/account/events.h"

namespace bitbalance::isa {

/// The head of a queue waits for a flag: of which engine, in their order.
inline constexpr Activity kWaitFor[] = {Activity::kWaitLoad, Activity::kWaitCompute, Activity::kWaitVector,
                                        Activity::kWaitStore};
/// What the array tells apart; the other cycles between issue and acceptance are kFill.
inline constexpr Activity kArrayActivities[] = {Activity::kBusy, Activity::kBankConflict,
                                                Activity::kDrainWait, Activity::kStalled};

}  // namespace bitbalance::isa
