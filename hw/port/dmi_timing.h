// Asks a target for more than a pointer: how long the bursts take that an initiator performs by DMI. Carried
// by the payload of get_direct_mem_ptr. Ignorable: a target that does not know it leaves `given` false.
#pragma once

#include <systemc>
#include <tlm>

#include "hw/isa/transfer/channel_timing.h"
#include "hw/port/names.h"

namespace bitbalance::port {

class DmiTimingExtension : public tlm::tlm_extension<DmiTimingExtension> {
 public:
  bool given = false;
  IdealMemoryTiming timing;       ///< of each of the initiator's channels
  sc_core::sc_time clock_period;  ///< of the cycles of `timing`

  tlm::tlm_extension_base* clone() const override { return new DmiTimingExtension(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override {
    *this = static_cast<const DmiTimingExtension&>(other);
  }
};

}  // namespace bitbalance::port
