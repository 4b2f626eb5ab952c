// The period of the accelerator's clock in the simulator's time.
#pragma once

#include <systemc>

#include "hw/isa/config.h"
#include "hw/port/names.h"

namespace bitbalance::port {

/// Rounded to the simulator's time resolution. Throws ConfigError if that is more than 5 % off.
sc_core::sc_time clock_period(const AcceleratorConfig& config);

}  // namespace bitbalance::port
