// Runs one program on the clocked accelerator, with the ideal memory or one that answers at random.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "hw/rtl/accelerator.h"
#include "tests/support/names.h"

namespace bitbalance::rtl::test {

struct BenchOptions {
  bool random_memory = false;         ///< four-phase answers after random times; else ideal
  std::uint32_t latency_cycles = 50;  ///< of the ideal memory
  std::uint32_t bytes_per_cycle_numerator = 64, bytes_per_cycle_denominator = 5;
  std::uint64_t seed = 1;      ///< of memory and stalls
  unsigned stall_percent = 0;  ///< refused transfers on every channel
  std::int64_t watchdog_cycles = 20'000;
  PeArraySubstitute pe_array = {};  ///< in the place of ours
  std::int64_t reset_after = 0;     ///< cycles, if the program runs so long; `rst` ends it then. 0: never
};

struct BenchResult {
  std::vector<std::uint8_t> data;  ///< the data region afterwards
  ProgramFault fault = ProgramFault::kNone;
  std::uint32_t fault_command = 0;
  std::int64_t cycles = 0;    ///< CYCLES register
  double simulate_cpu_s = 0;  ///< from start to interrupt
  Profile profile;
  std::vector<std::uint32_t> registers;  ///< that can be read, ahead of a reset or at the end
};

/// Elaborates, runs to the interrupt, and returns: once a process. `prepare` sees the accelerator before time
/// starts. Throws std::logic_error when something beside the data region is written or the base protocol is
/// broken on `mem`.
BenchResult run_program(const Program& program, const AcceleratorConfig& config,
                        const std::vector<std::uint8_t>& data, const BenchOptions& options = {},
                        const std::function<void(Accelerator&)>& prepare = {});

}  // namespace bitbalance::rtl::test
