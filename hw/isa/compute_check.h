// What the tile sequencer checks of a Compute command before the first tile: ranges of the fields, and that
// nothing it reads or writes lies outside the buffers. A command that fails has no effect. Shared by all
// levels.
#pragma once

#include "hw/isa/command.h"
#include "hw/isa/config.h"

namespace bitbalance::isa {

/// kBadField or kNone.
ProgramFault check(const Compute& compute, const AcceleratorConfig& config);

}  // namespace bitbalance::isa
