// What the boot loader of `bitbalance-platform` puts into DRAM: a scenario's program, its images, and the
// table that tells the firmware where they are.
#pragma once

#include <cstdint>
#include <vector>

#include "cli/names.h"
#include "testbench/run/program_set.h"
#include "testbench/scenario/workload.h"
#include "tlm/platform/boot_table.h"

namespace bitbalance::cli {

struct BootSettings {
  int accelerators = 1;
  boot_wait wait = BOOT_WAIT_INTERRUPT;
  std::uint64_t timeout_ticks = 0;  ///< of mtime, per program
  std::uint32_t spin = 0;           ///< rounds of the firmware's busy loop
};

/// DRAM before the first instruction, from its first byte on.
struct BootImage {
  std::vector<std::uint8_t> dram;
  boot_table table = {};
  std::uint64_t table_address = 0;
};

/// Throws std::invalid_argument when the firmware cannot run it: programs with work for the host between
/// them, images that do not divide into batches, results that are no class, more than the DRAM's addresses
/// hold.
BootImage make_boot_image(const Scenario& scenario, const Workload& workload, const ProgramSet& programs,
                          const BootSettings& settings);

}  // namespace bitbalance::cli
