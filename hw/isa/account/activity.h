// What an engine does in each cycle: work, or the reason why it does not. Equal at every level of detail.
#pragma once

#include <array>
#include <cstdint>

#include "hw/isa/names.h"

namespace bitbalance::isa {

/// What an engine does in a cycle: exactly one of these. Where several hold, docs/timing.md says which is the
/// cause.
enum class Activity : std::uint8_t {
  kBusy,          ///< works; for compute: a slot, null slots included
  kBankConflict,  ///< compute: a cycle that only the activation reads need
  kDrainWait,     ///< compute: the shadow registers still drain the tile before
  kFill,  ///< compute: between issue and first slot, and between last slot and acceptance of the next command
  kStalled,   ///< compute: tiles of a single slot are done faster than dealt; others: random stalls of a test
  kWaitLoad,  ///< head of the queue waits for a flag of the load engine
  kWaitCompute,
  kWaitVector,
  kWaitStore,
  kNoCommand,  ///< its queue is empty
  kCount
};
inline constexpr int kActivities = static_cast<int>(Activity::kCount);
const char* to_string(Activity activity);

/// The head of a queue waits for a flag: of which engine, in their order.
inline constexpr Activity kWaitFor[] = {Activity::kWaitLoad, Activity::kWaitCompute, Activity::kWaitVector,
                                        Activity::kWaitStore};
/// What the array tells apart; the other cycles between issue and acceptance are kFill.
inline constexpr Activity kArrayActivities[] = {Activity::kBusy, Activity::kBankConflict,
                                                Activity::kDrainWait, Activity::kStalled};

/// Cycles of one engine within one layer, by activity; they add up to the layer's cycles.
using ActivityCycles = std::array<std::int64_t, kActivities>;

}  // namespace bitbalance::isa
