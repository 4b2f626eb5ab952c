// The ports of the PE array, which the accelerator binds: those of PeArray, and of the Verilog twin that
// tests put in its place. A PE of another kind is a change of PeArray, not another class with these ports:
// CONTRIBUTING.md.
#pragma once

#include <functional>
#include <memory>
#include <systemc>

#include "hw/isa/account/execution_observer.h"
#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel/channel_port.h"
#include "hw/rtl/clock/clocked.h"
#include "hw/rtl/compute/activity_meter.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

class PeArrayPorts : public Clocked {
 public:
  PopPort<TokenSlot> slots{"slots"};
  PopPort<ActivationVector> vectors{"vectors"};
  PushPort<DrainBeat> beats{"beats"};
  PushPort<LastSlot> last_slots{"last_slots"};
  sc_core::sc_port<ActivityMeter> activity{"activity"};  ///< what the array does in each cycle

  /// Told about tiles; nullptr: nobody.
  void set_observer(ExecutionObserver* observer) { observer_ = observer; }
  /// Events of the tile under way, which the profile gets when the tile ends; `layer`: whose. None from an
  /// array that counts in every slot.
  virtual EventCounts uncounted(int& layer) const {
    layer = 0;
    return {};
  }

 protected:
  using Clocked::Clocked;

  ExecutionObserver* observer_ = nullptr;
};

/// Makes what a test puts in the place of our array, the Verilog twin: the module `name`, which counts the
/// events of its tiles in the profile.
using PeArraySubstitute =
    std::function<std::unique_ptr<PeArrayPorts>(const char* name, const AcceleratorConfig&, Profile&)>;

}  // namespace bitbalance::rtl
