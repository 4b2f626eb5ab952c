// A command as one line of text, for people: "Store wait=compute signal=- layer=0 layer_end=1 ...".
#pragma once

#include <string>

#include "hw/isa/command/command.h"

namespace bitbalance::isa {

/// The command's name, then every field of command_fields.h as name=value, a space ahead of each. Flags are 0
/// or 1; sets of engines their names with a + between them, or - where there is none.
std::string disassembly(const Command& command);

}  // namespace bitbalance::isa
