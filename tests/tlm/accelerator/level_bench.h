// Runs one program on the transaction-level or on the clocked accelerator, in the same surroundings.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "testbench/run/system/program_regions.h"
#include "tests/support/names.h"
#include "tests/tlm/accelerator/bad_memory.h"
#include "tests/tlm/accelerator/interconnect.h"
#include "tests/tlm/accelerator/peer_memory.h"
#include "tlm/dram/config.h"
#include "tlm/memory/statistic.h"

namespace bitbalance::tlm_level::test {

enum class Level { kRtl, kTlm };
enum class Memory {
  kIdeal,   ///< 50 cycles, 12.8 bytes a cycle
  kHashed,  ///< any of the base protocol's ways, at times that depend on the burst alone
  kTimed,   ///< `dram`
  kBad,     ///< LevelOptions::bad
  kPeer,    ///< LevelOptions::peer
};

struct LevelOptions {
  Memory memory = Memory::kIdeal;
  std::uint64_t seed = 1;  ///< of the memory
  dram::Config dram{};     ///< kTimed
  /// kHashed: bursts that touch these bytes end in an error; a share of the memory, 0..1.
  double errors_from = 0, errors_to = 0;
  bool is_silent = false;  ///< kHashed: those bursts are never answered instead
  AcceleratorOptions accelerator = with_watchdog();
  double quantum_ns = 0;
  /// kIdeal.
  std::uint32_t latency_cycles = 50, bytes_per_cycle_numerator = 64, bytes_per_cycle_denominator = 5;
  BadMemoryOptions bad = {};     ///< kBad
  PeerOptions peer = {};         ///< kPeer
  InterconnectOptions bus = {};  ///< in front of any memory
  std::uint64_t order = 0;       ///< of construction, and of what happens at the same time; 0: any
  int runs = 1;                  ///< of the program, one after another; the result is the last one's
  /// A soft reset at that time, which stops the program, and another start once all is idle; 0: never.
  double restart_at_ns = 0;
  /// kRtl: the clock stands still while the accelerator does not need it.
  bool gated_clock = false;

  static AcceleratorOptions with_watchdog() {
    AcceleratorOptions options;
    options.watchdog_cycles = 20'000;
    return options;
  }
};

struct LevelResult {
  std::vector<std::uint8_t> data;  ///< the data region afterwards
  ProgramFault fault = ProgramFault::kNone;
  std::uint32_t fault_command = 0;
  std::int64_t cycles = 0;    ///< CYCLES register
  double simulate_cpu_s = 0;  ///< from start to interrupt
  Profile profile;
  std::vector<Statistic> memory;  ///< what it counted up to the end, if it counts
  std::string reason;             ///< Accelerator::fault_reason()
  std::uint64_t bursts = 0;       ///< transactions on `mem`
  std::uint64_t dmi_grants = 0, invalidations = 0;
  std::uint64_t call_order = 0;  ///< of non-blocking calls on `mem`: the same number for the same order
};

/// Where a program lies in the memory of a run.
ProgramRegions regions_of(const Program& program, std::uint64_t base = 0);
/// Bytes of that memory.
std::uint64_t memory_bytes(const Program& program);

/// Elaborates, runs to the interrupt, and returns: once a process. Throws std::logic_error when something
/// outside the data region is written, or the base protocol is broken on `mem` or `csr` (kBad: only csr).
LevelResult run_level(Level level, const Program& program, const AcceleratorConfig& config,
                      const std::vector<std::uint8_t>& data, const LevelOptions& options = {});

/// All that must be equal at all levels, a line each: with the memory's figures where it has any.
std::string accounts(const LevelResult& result);
/// The same without the events: those of commands that were broken off are not counted alike.
std::string cycles(const LevelResult& result);

}  // namespace bitbalance::tlm_level::test
