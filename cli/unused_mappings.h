// What a user said of blocks in vain: told, not refused, as the mapping of an earlier run with a shorter last
// batch has entries for it.
#pragma once

#include <cstdint>
#include <string>

#include "cli/names.h"
#include "testbench/run/process/console.h"
#include "testbench/run/program_set.h"

namespace bitbalance::cli {

inline void tell_unused_mappings(const Scenario& scenario, std::int64_t images) {
  const std::string unused = unused_mappings(scenario, static_cast<int>(images));
  if (!unused.empty()) tell(unused);
}

}  // namespace bitbalance::cli
