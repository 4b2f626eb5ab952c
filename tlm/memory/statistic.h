// One figure that a memory model reports about itself.
#pragma once

#include "tlm/memory/names.h"

namespace bitbalance::memory {

struct Statistic {
  const char* name;     ///< snake_case, with the unit where it is not a count or a share
  const char* unit;     ///< "bytes", "bursts", "1" for shares
  const char* meaning;  ///< one line
  double value;
};

}  // namespace bitbalance::memory
