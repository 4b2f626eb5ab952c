#include "hw/isa/account/activity.h"

namespace bitbalance::isa {

const char* to_string(Activity activity) {
  switch (activity) {
    case Activity::kBusy:
      return "busy";
    case Activity::kBankConflict:
      return "bank_conflict";
    case Activity::kDrainWait:
      return "drain_wait";
    case Activity::kFill:
      return "fill";
    case Activity::kStalled:
      return "stalled";
    case Activity::kWaitLoad:
      return "wait_load";
    case Activity::kWaitCompute:
      return "wait_compute";
    case Activity::kWaitVector:
      return "wait_vector";
    case Activity::kWaitStore:
      return "wait_store";
    case Activity::kNoCommand:
      return "no_command";
    case Activity::kCount:
      break;
  }
  return "?";
}

}  // namespace bitbalance::isa
