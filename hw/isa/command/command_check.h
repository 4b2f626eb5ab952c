// What an engine checks of a command before it acts on it: the fields' ranges (command_fields.h), the
// buffers' capacity and the bounds of the regions. A command that fails has no effect: no transaction, no
// write, no tile. Shared by all levels.
#pragma once

#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/program/region_map.h"

namespace bitbalance::isa {

/// kBadField before kLoadOutsideRegion or kStoreOutsideData; kNone if the command may start.
ProgramFault check(const LoadWeights& load, const AcceleratorConfig& config, const RegionMap& regions);
ProgramFault check(const LoadParameters& load, const AcceleratorConfig& config, const RegionMap& regions);
ProgramFault check(const LoadTable& load, const AcceleratorConfig& config, const RegionMap& regions);
ProgramFault check(const LoadActivations& load, const AcceleratorConfig& config, const RegionMap& regions);
ProgramFault check(const LoadOutputs& load, const AcceleratorConfig& config, const RegionMap& regions);
ProgramFault check(const Store& store, const AcceleratorConfig& config, const RegionMap& regions);
ProgramFault check(const Compute& compute, const AcceleratorConfig& config);
ProgramFault check(const Pool& pool, const AcceleratorConfig& config);
ProgramFault check(const Add& add, const AcceleratorConfig& config);
ProgramFault check(const Lookup& lookup, const AcceleratorConfig& config);

/// What its engine says of any command; of End and Barrier nothing.
ProgramFault check(const Command& command, const AcceleratorConfig& config, const RegionMap& regions);

}  // namespace bitbalance::isa
