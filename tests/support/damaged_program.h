// Programs that no mapper writes and no checksum refuses: commands doubled, lost, moved, or with other flags
// and fields, in an image whose every CRC is right.
#pragma once

#include <random>

#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "tests/support/names.h"

namespace bitbalance::test {

/// Damages commands, flags, fields, opcodes, constants or header in one to four places, half of the time so
/// that fields stay in range. Of every three programs one gets a Barrier behind each command instead of
/// flags: what is left is what a command does by itself. `program.commands` are those of the image
/// afterwards, up to the first that cannot be decoded.
void damage(Program& program, const AcceleratorConfig& config, std::mt19937_64& random);

/// Writes `commands` into the image of the constants in place of those that it holds.
void replace_commands(Program& program, const std::vector<Command>& commands);

/// With the checksum of a command at `index`.
CommandBytes sealed(CommandBytes record, std::uint32_t index);

}  // namespace bitbalance::test
