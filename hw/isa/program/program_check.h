// Whether a program is well-synchronized (docs/commands.md): whether its data follow from its commands
// alone, in whatever time engines and memory do them. What every level promises is about such programs.
#pragma once

#include <string>

#include "hw/isa/config.h"
#include "hw/isa/program/program.h"

namespace bitbalance::isa {

/// Empty if it is; otherwise, in one line, the commands whose order nothing says, or what a command does that
/// depends on time. Looks at `commands` and the sizes of the regions. A command with a field out of range has
/// no effect, so it is not what makes a program ill-synchronized.
std::string synchronization_flaw(const Program& program, const AcceleratorConfig& config);

/// For whoever loads programs: throws std::invalid_argument with that line.
void require_synchronized(const Program& program, const AcceleratorConfig& config);

}  // namespace bitbalance::isa
