// What an engine tells the controller when a command is done, or why it could not be.
#pragma once

#include <cstdint>

#include "hw/isa/command/command.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

struct Completion {
  /// kNone: done; otherwise the command had no (or only a partial) effect.
  ProgramFault fault = ProgramFault::kNone;
  std::uint16_t layer = 0;
  bool layer_end = false;  ///< the command's flag: its layer ends with this completion
};

}  // namespace bitbalance::rtl
