#include "testbench/system.h"

#include <stdexcept>

#include "tlm/dram/timed_memory.h"
#include "tlm/ideal_memory.h"

namespace bitbalance {
namespace {

std::unique_ptr<MemoryModel> make_memory(const MemorySettings& settings, std::uint64_t bytes,
                                         const sc_core::sc_time& period) {
  if (settings.model == MemoryTiming::kTimed)
    return std::make_unique<dram::TimedMemory>("memory", settings.dram.config, bytes);
  IdealMemoryConfig config;
  config.bytes = bytes;
  config.latency_cycles = static_cast<std::uint32_t>(settings.latency_cycles);
  config.bytes_per_cycle_numerator = static_cast<std::uint32_t>(settings.bytes_per_cycle.numerator);
  config.bytes_per_cycle_denominator = static_cast<std::uint32_t>(settings.bytes_per_cycle.denominator);
  config.clock_period = period;
  return std::make_unique<IdealMemory>("memory", config);
}

}  // namespace

System::System(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
               const MemorySettings& memory_settings, std::uint64_t memory_bytes)
    : sc_module(name),
      memory(make_memory(memory_settings, memory_bytes,
                         sc_core::sc_time(1.0 / config.clock_hz, sc_core::SC_SEC))),
      driver("driver"),
      period_(1.0 / config.clock_hz, sc_core::SC_SEC) {}

void System::poke(std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
  std::vector<std::uint8_t> copy = bytes;  // a payload's data pointer is not const
  debug_access(tlm::TLM_WRITE_COMMAND, address, copy.data(), copy.size());
}

std::vector<std::uint8_t> System::peek(std::uint64_t address, std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  debug_access(tlm::TLM_READ_COMMAND, address, bytes.data(), count);
  return bytes;
}

void System::debug_access(tlm::tlm_command command, std::uint64_t address, std::uint8_t* bytes,
                          std::size_t count) {
  tlm::tlm_generic_payload transaction;
  transaction.set_command(command);
  transaction.set_address(address);
  transaction.set_data_ptr(bytes);
  transaction.set_data_length(static_cast<unsigned>(count));
  transaction.set_streaming_width(static_cast<unsigned>(count));
  if (memory->debug_access(transaction) != count) {
    throw std::logic_error("the test bench reads or writes beyond the end of the memory");
  }
}

}  // namespace bitbalance
