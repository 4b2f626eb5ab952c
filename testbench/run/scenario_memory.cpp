#include "testbench/run/scenario_memory.h"

#include "hw/port/clock_period.h"
#include "tlm/dram/timed_memory.h"
#include "tlm/memory/ideal_memory.h"

namespace bitbalance::runner {

std::unique_ptr<MemoryModel> make_memory(const Scenario& scenario, std::uint64_t bytes, bool allow_dmi) {
  const MemorySettings& settings = scenario.memory;
  if (settings.model == MemoryKind::kTimed)
    return std::make_unique<dram::TimedMemory>("memory", settings.dram.config, bytes);
  IdealMemoryConfig config;
  config.bytes = bytes;
  config.latency_cycles = static_cast<std::uint32_t>(settings.latency_cycles);
  const Rational rate = settings.rate(scenario.accelerator.clock_hz);
  config.bytes_per_cycle_numerator = static_cast<std::uint32_t>(rate.numerator());
  config.bytes_per_cycle_denominator = static_cast<std::uint32_t>(rate.denominator());
  config.clock_period = port::clock_period(scenario.accelerator);
  config.allow_dmi = allow_dmi;
  return std::make_unique<IdealMemory>("memory", config);
}

}  // namespace bitbalance::runner
