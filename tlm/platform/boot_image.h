// What the boot loader of the platform puts into DRAM: programs, their images, and the table that tells the
// firmware where they are.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/program/stored_program.h"
#include "tlm/platform/boot_table.h"
#include "tlm/platform/names.h"

namespace bitbalance::platform {

struct BootSettings {
  boot_wait wait = BOOT_WAIT_INTERRUPT;
  std::uint64_t timeout_ticks = PLATFORM_TIMER_HZ;  ///< of mtime, per program
  std::uint32_t spin = 0;                           ///< rounds of the firmware's busy loop
  boot_exercise exercise = BOOT_EXERCISE_NONE;
};

/// DRAM before the first instruction, from its first byte on.
struct BootImage {
  std::vector<std::uint8_t> dram;
  boot_table table = {};
  std::uint64_t table_address = 0;

  /// Writes the table as it is now into `dram`.
  void store_table();
};

/// `programs`: of each accelerator; those that are given twice lie in memory once. Throws
/// std::invalid_argument when the firmware cannot run them: too many, a host's work other than a softmax at
/// the end, batches or numbers of images that differ, more than the DRAM's addresses hold.
BootImage make_boot_image(const std::vector<const stored::StoredProgram*>& programs,
                          const BootSettings& settings);

/// The class that a program must predict of an image: the index of its largest expected element, of equals
/// the first.
std::uint32_t expected_class(const stored::StoredProgram& program, std::int64_t image);

}  // namespace bitbalance::platform
