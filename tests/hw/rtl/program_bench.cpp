#include "tests/hw/rtl/program_bench.h"

#include <algorithm>
#include <ctime>
#include <stdexcept>

#include "base/bits.h"
#include "testbench/run/system/driver.h"
#include "tlm/check/protocol_checker.h"
#include "tlm/memory/ideal_memory.h"
#include "tlm/memory/random_latency_memory.h"

namespace bitbalance::rtl::test {
namespace {

constexpr std::uint64_t kPage = 4096;

std::uint64_t pages(std::uint64_t bytes) {
  return align_up(bytes, kPage);
}

/// As of the last edge, in their order.
std::vector<std::uint32_t> registers_of(Driver& driver) {
  std::vector<std::uint32_t> values;
  for (const RegisterInfo& source : kRegisters) {
    if (source.access == RegisterAccess::kWriteOnly) continue;
    tlm::tlm_generic_payload payload;
    std::uint32_t& value = values.emplace_back();
    payload.set_command(tlm::TLM_READ_COMMAND);
    payload.set_address(source.offset);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(sizeof value);
    if (driver.csr->transport_dbg(payload) != sizeof value)
      throw std::logic_error("a register cannot be read");
  }
  return values;
}

}  // namespace

BenchResult run_program(const Program& program, const AcceleratorConfig& config,
                        const std::vector<std::uint8_t>& data, const BenchOptions& options,
                        const std::function<void(Accelerator&)>& prepare) {
  ProgramRegions regions;
  regions.constants_base = kPage;
  regions.constants_bytes = static_cast<std::uint32_t>(program.constants.size());
  regions.data_base = kPage + pages(program.constants.size());
  regions.data_bytes = program.data_bytes;
  const std::uint64_t memory_bytes = regions.data_base + pages(data.size()) + kPage;

  sc_core::sc_clock clock("clock", 1, sc_core::SC_NS);
  sc_core::sc_signal<bool> irq("irq");
  AcceleratorOptions accelerator_options;
  accelerator_options.watchdog_cycles = options.watchdog_cycles;
  Accelerator accelerator("accelerator", config, accelerator_options, options.pe_array);
  sc_core::sc_signal<bool> reset("reset");
  Driver driver("driver");
  ProtocolChecker checker("checker");
  accelerator.mem.bind(checker.target);
  IdealMemoryConfig ideal_config;
  ideal_config.bytes = options.random_memory ? 0 : memory_bytes;
  ideal_config.latency_cycles = options.latency_cycles;
  ideal_config.bytes_per_cycle_numerator = options.bytes_per_cycle_numerator;
  ideal_config.bytes_per_cycle_denominator = options.bytes_per_cycle_denominator;
  RandomLatencyMemoryConfig random_config;
  random_config.bytes = options.random_memory ? memory_bytes : 0;
  random_config.seed = options.seed;
  std::unique_ptr<IdealMemory> ideal;
  std::unique_ptr<RandomLatencyMemory> random;
  if (options.random_memory) {
    random = std::make_unique<RandomLatencyMemory>("memory", random_config);
    checker.initiator.bind(random->socket);
  } else {
    ideal = std::make_unique<IdealMemory>("memory", ideal_config);
    checker.initiator.bind(ideal->socket);
  }
  std::vector<std::uint8_t>& memory = options.random_memory ? random->data() : ideal->data();
  std::copy(program.constants.begin(), program.constants.end(),
            memory.begin() + static_cast<std::ptrdiff_t>(regions.constants_base));
  std::copy(data.begin(), data.end(), memory.begin() + static_cast<std::ptrdiff_t>(regions.data_base));

  accelerator.clk(clock);
  accelerator.rst(reset);
  accelerator.irq(irq);
  driver.irq(irq);
  driver.csr.bind(accelerator.csr);
  if (options.stall_percent > 0) accelerator.set_stalls(options.seed, options.stall_percent);
  if (prepare) prepare(accelerator);

  const std::vector<std::uint8_t> before = memory;
  driver.submit(regions);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  const std::clock_t start = std::clock();
  BenchResult result;
  if (options.reset_after > 0) {
    sc_core::sc_start(static_cast<double>(options.reset_after), sc_core::SC_NS);
    result.registers = registers_of(driver);
    reset.write(true);
    sc_core::sc_start(1, sc_core::SC_NS);
  } else {
    while (!driver.idle()) sc_core::sc_start();
    result.registers = registers_of(driver);
  }

  result.simulate_cpu_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  result.fault = driver.outcome().fault;
  result.fault_command = driver.outcome().command;
  result.cycles = static_cast<std::int64_t>(driver.outcome().cycles);
  result.profile = accelerator.profile();
  const auto begin = memory.begin() + static_cast<std::ptrdiff_t>(regions.data_base);
  const auto end = begin + program.data_bytes;
  result.data.assign(begin, end);
  if (!std::equal(memory.begin(), begin, before.begin()) ||
      !std::equal(end, memory.end(), before.begin() + (end - memory.begin()))) {
    throw std::logic_error("something outside the data region was written");
  }
  if (!checker.violations().empty()) throw std::logic_error(checker.text());
  return result;
}

}  // namespace bitbalance::rtl::test
