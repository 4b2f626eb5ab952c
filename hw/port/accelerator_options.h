// How an accelerator is simulated, at every level of detail; nothing of the hardware.
#pragma once

#include <cstdint>

#include "hw/port/names.h"

namespace bitbalance::port {

struct AcceleratorOptions {
  std::int64_t watchdog_cycles = 1'000'000;  ///< give up after as many without progress; 0: never
  // What only transactions have; nothing to the clocked level.
  bool use_dmi = true;  ///< where the memory grants it; else every burst is a transaction
  int threads = 0;      ///< that compute data; 0: one for each processor. Changes nothing but the host's time
};

}  // namespace bitbalance::port
