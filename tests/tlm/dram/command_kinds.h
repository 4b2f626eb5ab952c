// Kinds of commands, for checkers of their order and of what is counted of them.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "tests/support/names.h"
#include "tlm/dram/device.h"

namespace bitbalance::dram::test {

using Kind = CommandKind;

inline bool is_any(Kind kind, std::initializer_list<Kind> kinds) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

}  // namespace bitbalance::dram::test
