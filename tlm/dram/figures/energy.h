// What the devices take, from the powers of their datasheet and what the channels have counted.
#pragma once

#include "tlm/dram/figures/statistics.h"

namespace bitbalance::dram {

/// Joules of all devices of all channels. Without the lines between controller and devices and their
/// termination.
struct Energy {
  double activate_j = 0;    ///< of ACT and PRE, beyond standby
  double read_j = 0;        ///< of RD, the same
  double write_j = 0;       ///< of WR, the same
  double refresh_j = 0;     ///< of REF and REFpb, the same
  double background_j = 0;  ///< of standby, power-down and self-refresh

  double total_j() const { return activate_j + read_j + write_j + refresh_j + background_j; }
};

/// By the differences of currents that Micron's technical note TN-41-01 takes. What a bank's refresh takes is
/// its share of that of all banks. All 0 where nothing is known of the devices.
Energy energy(const Config& config, const Counts& counts, Cycle elapsed);

}  // namespace bitbalance::dram
