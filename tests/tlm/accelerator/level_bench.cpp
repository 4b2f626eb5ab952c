#include "tests/tlm/accelerator/level_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <stdexcept>
#include <systemc>

#include "hw/rtl/accelerator.h"
#include "testbench/run/driver.h"
#include "tests/tlm/accelerator/hashed_memory.h"
#include "tlm/accelerator/accelerator.h"
#include "tlm/check/protocol_checker.h"
#include "tlm/dram/timed_memory.h"
#include "tlm/memory/ideal_memory.h"

namespace bitbalance::tlm_level::test {
namespace {

constexpr std::uint64_t kPage = 4096;

std::uint64_t pages(std::uint64_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

template <class MemoryModel, class Device>
LevelResult run(MemoryModel& memory_model, Device& accelerator, const Program& program,
                const std::vector<std::uint8_t>& data, const ProgramRegions& regions,
                const LevelOptions& options) {
  sc_core::sc_signal<bool> irq("irq");
  Driver driver("driver");
  ProtocolChecker mem_checker("mem_checker"), csr_checker("csr_checker");
  Interconnect bus("bus", options.bus);
  accelerator.mem.bind(mem_checker.target);
  mem_checker.initiator.bind(bus.target);
  bus.initiator.bind(memory_model.socket);
  accelerator.irq(irq);
  driver.irq(irq);
  driver.csr.bind(csr_checker.target);
  csr_checker.initiator.bind(accelerator.csr);
  std::vector<std::uint8_t>& memory = memory_model.data();
  const auto place = [&](std::uint64_t address) {
    return memory.begin() + static_cast<std::ptrdiff_t>(address - options.bus.base);
  };
  std::copy(program.constants.begin(), program.constants.end(), place(regions.constants_base));
  std::copy(data.begin(), data.end(), place(regions.data_base));
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(options.quantum_ns, sc_core::SC_NS));

  driver.submit(regions);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  const std::clock_t start = std::clock();
  for (int left = options.runs; left > 0; --left) {
    while (!driver.idle()) sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_MS));
    if (left > 1) driver.submit(regions);
  }

  LevelResult result;
  result.simulate_cpu_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  result.fault = driver.outcome().fault;
  result.fault_command = driver.outcome().command;
  result.cycles = static_cast<std::int64_t>(driver.outcome().cycles);
  result.profile = accelerator.profile();
  result.reason = accelerator.fault_reason();
  result.bursts = mem_checker.requests();
  result.dmi_grants = bus.grants();
  result.invalidations = bus.invalidations();
  result.data.assign(place(regions.data_base), place(regions.data_base) + program.data_bytes);
  const std::string violations =
      (options.memory == Memory::kBad ? "" : mem_checker.text()) + csr_checker.text();
  if (!violations.empty()) throw std::logic_error(violations);
  return result;
}

template <class MemoryModel>
LevelResult run(Level level, MemoryModel& memory, const Program& program, const AcceleratorConfig& config,
                const std::vector<std::uint8_t>& data, const ProgramRegions& regions,
                const LevelOptions& options) {
  const AcceleratorOptions accelerator_options{options.watchdog_cycles, options.use_dmi, options.threads};
  if (level == Level::kTlm) {
    Accelerator accelerator("accelerator", config, accelerator_options);
    return run(memory, accelerator, program, data, regions, options);
  }
  sc_core::sc_clock clock("clock", 1, sc_core::SC_NS);
  sc_core::sc_signal<bool> reset("reset");
  rtl::Accelerator accelerator("accelerator", config, accelerator_options);
  accelerator.clk(clock);
  accelerator.rst(reset);
  return run(memory, accelerator, program, data, regions, options);
}

}  // namespace

LevelResult run_level(Level level, const Program& program, const AcceleratorConfig& config,
                      const std::vector<std::uint8_t>& data, const LevelOptions& options) {
  ProgramRegions regions;
  regions.constants_base = options.bus.base + kPage;
  regions.constants_bytes = static_cast<std::uint32_t>(program.constants.size());
  regions.data_base = regions.constants_base + pages(program.constants.size());
  regions.data_bytes = program.data_bytes;
  const std::uint64_t memory_bytes = regions.data_base - options.bus.base + pages(data.size()) + kPage;
  if (options.memory == Memory::kBad) {
    BadMemory memory("memory", memory_bytes, options.bad);
    return run(level, memory, program, config, data, regions, options);
  }
  if (options.memory == Memory::kHashed) {
    HashedMemory memory("memory", memory_bytes, options.seed);
    const auto address = [&](double share) {
      return static_cast<std::uint64_t>(share * static_cast<double>(memory_bytes));
    };
    memory.set_errors(address(options.errors_from), address(options.errors_to), options.is_silent);
    return run(level, memory, program, config, data, regions, options);
  }
  if (options.memory == Memory::kTimed) {
    dram::TimedMemory memory("memory", options.dram, memory_bytes);
    return run(level, memory, program, config, data, regions, options);
  }
  IdealMemoryConfig ideal;
  ideal.bytes = memory_bytes;
  ideal.latency_cycles = options.latency_cycles;
  ideal.bytes_per_cycle_numerator = options.bytes_per_cycle_numerator;
  ideal.bytes_per_cycle_denominator = options.bytes_per_cycle_denominator;
  IdealMemory memory("memory", ideal);
  return run(level, memory, program, config, data, regions, options);
}

namespace {

std::string text_of(const LevelResult& result, bool with_events) {
  std::string text = fmt::format("{} at command {}, {} cycles\n", to_string(result.fault),
                                 result.fault_command, result.cycles);
  for (std::size_t l = 0; l < result.profile.layers().size(); ++l) {
    const LayerProfile& layer = result.profile.layers()[l];
    text += fmt::format("layer {}: {} cycles\n", l, layer.cycles);
    for (std::size_t e = 0; e < kEngines; ++e) {
      text += fmt::format("  {}:", to_string(static_cast<Engine>(e)));
      for (int a = 0; a < kActivities; ++a) {
        text += fmt::format(" {} {}", to_string(static_cast<Activity>(a)),
                            layer.activity[e][static_cast<std::size_t>(a)]);
      }
      text += "\n";
    }
    for (int e = 0; e < kEvents && with_events; ++e) {
      const auto event = static_cast<Event>(e);
      text += fmt::format("  {} {}\n", to_string(event), layer.events[event]);
    }
  }
  return text;
}

}  // namespace

std::string accounts(const LevelResult& result) {
  return text_of(result, true);
}

std::string cycles(const LevelResult& result) {
  return text_of(result, false);
}

}  // namespace bitbalance::tlm_level::test
