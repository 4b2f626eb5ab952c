#include "testbench/run/scenario_memory.h"

#include "tlm/dram/timed_memory.h"
#include "tlm/memory/ideal_memory.h"

namespace bitbalance::runner {

std::unique_ptr<MemoryModel> make_memory(const MemorySettings& settings, std::uint64_t bytes,
                                         const sc_core::sc_time& period, bool allow_dmi) {
  if (settings.model == MemoryTiming::kTimed)
    return std::make_unique<dram::TimedMemory>("memory", settings.dram.config, bytes);
  IdealMemoryConfig config;
  config.bytes = bytes;
  config.latency_cycles = static_cast<std::uint32_t>(settings.latency_cycles);
  config.bytes_per_cycle_numerator = static_cast<std::uint32_t>(settings.bytes_per_cycle.numerator());
  config.bytes_per_cycle_denominator = static_cast<std::uint32_t>(settings.bytes_per_cycle.denominator());
  config.clock_period = period;
  config.allow_dmi = allow_dmi;
  return std::make_unique<IdealMemory>("memory", config);
}

}  // namespace bitbalance::runner
