#include "tests/tlm/accelerator/level_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <systemc>
#include <type_traits>

#include "base/bits.h"
#include "hw/rtl/accelerator.h"
#include "hw/rtl/clock/gated_clock.h"
#include "testbench/run/system/driver.h"
#include "tests/tlm/accelerator/hashed_memory.h"
#include "tlm/accelerator/accelerator.h"
#include "tlm/check/protocol_checker.h"
#include "tlm/dram/timed_memory.h"
#include "tlm/memory/ideal_memory.h"

namespace bitbalance::tlm_level::test {
namespace {

constexpr std::uint64_t kPage = 4096;

std::uint64_t pages(std::uint64_t bytes) {
  return align_up(bytes, kPage);
}

/// Events without an effect at random edges. The kernel's queue of times keeps no order among equal ones, so
/// these shuffle the processes that the others wake.
class Noise : public sc_core::sc_module {
 public:
  Noise(const sc_core::sc_module_name& name, std::uint64_t seed) : sc_module(name), random_(seed) {
    for (sc_core::sc_event& event : events_) {
      sc_core::sc_spawn_options options;
      options.spawn_method();
      options.set_sensitivity(&event);
      sc_core::sc_spawn(
          [this, &event] {
            event.notify(sc_core::sc_time(static_cast<double>(random_() % 20 + 1), sc_core::SC_NS));
          },
          sc_core::sc_gen_unique_name("event"), &options);
    }
  }

 private:
  std::mt19937_64 random_;
  std::array<sc_core::sc_event, 16> events_;
};

std::uint32_t access_register(Driver& driver, Register target, tlm::tlm_command command,
                              std::uint32_t value = 0) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(offset_of(target));
  payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  payload.set_data_length(sizeof value);
  payload.set_streaming_width(sizeof value);
  sc_core::sc_time delay;
  driver.csr->b_transport(payload, delay);
  sc_core::wait(delay);
  return value;
}

/// The driver, which waits for the interrupt, does not notice.
void restart(Driver& driver, double at_ns) {
  sc_core::wait(sc_core::sc_time(at_ns, sc_core::SC_NS));
  access_register(driver, Register::kControl, tlm::TLM_WRITE_COMMAND, kControlSoftReset);
  do {
    sc_core::wait(sc_core::sc_time(10, sc_core::SC_NS));
  } while ((access_register(driver, Register::kStatus, tlm::TLM_READ_COMMAND) & kStatusIdle) == 0);
  access_register(driver, Register::kControl, tlm::TLM_WRITE_COMMAND, kControlStart);
}

/// What makes a unit; how the others are made must not matter to it.
template <class Unit>
using Maker = std::function<std::unique_ptr<Unit>()>;

template <class Model, class Device>
LevelResult run(const Maker<Model>& make_memory, const Maker<Device>& make_accelerator,
                const Program& program, const std::vector<std::uint8_t>& data, const ProgramRegions& regions,
                const LevelOptions& options) {
  sc_core::sc_signal<bool> irq("irq");
  std::unique_ptr<Model> memory_model;
  std::unique_ptr<Device> device;
  std::unique_ptr<Driver> driver_unit;
  std::unique_ptr<ProtocolChecker> mem_checker_unit, csr_checker_unit;
  std::unique_ptr<Interconnect> bus_unit;
  std::unique_ptr<Noise> noise;
  std::vector<std::function<void()>> steps = {
      [&] { memory_model = make_memory(); },
      [&] { device = make_accelerator(); },
      [&] { driver_unit = std::make_unique<Driver>("driver"); },
      [&] { mem_checker_unit = std::make_unique<ProtocolChecker>("mem_checker"); },
      [&] { csr_checker_unit = std::make_unique<ProtocolChecker>("csr_checker"); },
      [&] { bus_unit = std::make_unique<Interconnect>("bus", options.bus); },
  };
  if (options.order != 0) {
    steps.emplace_back([&] { noise = std::make_unique<Noise>("noise", options.order); });
    std::shuffle(steps.begin(), steps.end(), std::mt19937_64(options.order));
  }
  for (const auto& step : steps) step();
  Device& accelerator = *device;
  Driver& driver = *driver_unit;
  ProtocolChecker &mem_checker = *mem_checker_unit, &csr_checker = *csr_checker_unit;
  Interconnect& bus = *bus_unit;
  accelerator.mem.bind(mem_checker.target);
  mem_checker.initiator.bind(bus.target);
  bus.initiator.bind(memory_model->socket);
  accelerator.irq(irq);
  driver.irq(irq);
  driver.csr.bind(csr_checker.target);
  csr_checker.initiator.bind(accelerator.csr);
  std::vector<std::uint8_t>& memory = memory_model->data();
  const auto place = [&](std::uint64_t address) {
    return memory.begin() + static_cast<std::ptrdiff_t>(address - options.bus.base);
  };
  std::copy(program.constants.begin(), program.constants.end(), place(regions.constants_base));
  std::copy(data.begin(), data.end(), place(regions.data_base));
  const std::vector<std::uint8_t> before = memory;
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(options.quantum_ns, sc_core::SC_NS));

  if (options.restart_at_ns > 0)
    sc_core::sc_spawn([&driver, at_ns = options.restart_at_ns] { restart(driver, at_ns); });
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
  if constexpr (std::is_base_of_v<memory::MemoryModel, Model>) result.memory = memory_model->statistics();
  result.reason = accelerator.fault_reason();
  result.bursts = mem_checker.requests();
  result.dmi_grants = bus.grants();
  result.invalidations = bus.invalidations();
  result.call_order = bus.call_order();
  const auto begin = place(regions.data_base), end = begin + program.data_bytes;
  result.data.assign(begin, end);
  if (!std::equal(memory.begin(), begin, before.begin()) ||
      !std::equal(end, memory.end(), before.begin() + (end - memory.begin())))
    throw std::logic_error("something outside the data region was written");
  const std::string violations =
      (options.memory == Memory::kBad ? "" : mem_checker.text()) + csr_checker.text();
  if (!violations.empty()) throw std::logic_error(violations);
  return result;
}

template <class MemoryModel>
LevelResult run(Level level, const Maker<MemoryModel>& make_memory, const Program& program,
                const AcceleratorConfig& config, const std::vector<std::uint8_t>& data,
                const ProgramRegions& regions, const LevelOptions& options) {
  if (level == Level::kTlm) {
    const Maker<Accelerator> make = [&] {
      return std::make_unique<Accelerator>("accelerator", config, options.accelerator);
    };
    return run(make_memory, make, program, data, regions, options);
  }
  const sc_core::sc_time period(1, sc_core::SC_NS);
  std::unique_ptr<sc_core::sc_clock> clock;
  std::unique_ptr<rtl::GatedClock> gated;
  if (options.gated_clock) {
    gated = std::make_unique<rtl::GatedClock>("clock", period);
    gated->start();
  } else {
    clock = std::make_unique<sc_core::sc_clock>("clock", period);
  }
  sc_core::sc_signal<bool> reset("reset");
  const Maker<rtl::Accelerator> make = [&] {
    auto accelerator = std::make_unique<rtl::Accelerator>("accelerator", config, options.accelerator);
    if (gated) {
      accelerator->clk(gated->signal);
      accelerator->observe_clock_need([&gated](bool needed) { needed ? gated->start() : gated->stop(); });
    } else {
      accelerator->clk(*clock);
    }
    accelerator->rst(reset);
    return accelerator;
  };
  return run(make_memory, make, program, data, regions, options);
}

}  // namespace

ProgramRegions regions_of(const Program& program, std::uint64_t base) {
  ProgramRegions regions;
  regions.constants_base = base + kPage;
  regions.constants_bytes = static_cast<std::uint32_t>(program.constants.size());
  regions.data_base = regions.constants_base + pages(program.constants.size());
  regions.data_bytes = program.data_bytes;
  return regions;
}

std::uint64_t memory_bytes(const Program& program) {
  return regions_of(program).data_base + pages(program.data_bytes) + kPage;
}

LevelResult run_level(Level level, const Program& program, const AcceleratorConfig& config,
                      const std::vector<std::uint8_t>& data, const LevelOptions& options) {
  const ProgramRegions regions = regions_of(program, options.bus.base);
  const std::uint64_t memory_bytes = test::memory_bytes(program);
  const auto run_on = [&](const auto& make_memory) {
    using MemoryModel = typename std::invoke_result_t<decltype(make_memory)>::element_type;
    return run(level, Maker<MemoryModel>(make_memory), program, config, data, regions, options);
  };
  switch (options.memory) {
    case Memory::kBad:
      return run_on([&] { return std::make_unique<BadMemory>("memory", memory_bytes, options.bad); });
    case Memory::kPeer:
      return run_on([&] { return std::make_unique<PeerMemory>("memory", memory_bytes, options.peer); });
    case Memory::kHashed:
      return run_on([&] {
        auto memory = std::make_unique<HashedMemory>("memory", memory_bytes, options.seed);
        const auto address = [&](double share) {
          return static_cast<std::uint64_t>(share * static_cast<double>(memory_bytes));
        };
        memory->set_errors(address(options.errors_from), address(options.errors_to), options.is_silent);
        return memory;
      });
    case Memory::kTimed:
      return run_on(
          [&] { return std::make_unique<dram::TimedMemory>("memory", options.dram, memory_bytes); });
    case Memory::kIdeal:
      break;
  }
  return run_on([&] {
    IdealMemoryConfig ideal;
    ideal.bytes = memory_bytes;
    ideal.latency_cycles = options.latency_cycles;
    ideal.bytes_per_cycle_numerator = options.bytes_per_cycle_numerator;
    ideal.bytes_per_cycle_denominator = options.bytes_per_cycle_denominator;
    return std::make_unique<IdealMemory>("memory", ideal);
  });
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
        text += fmt::format(" {} {}", to_string(static_cast<Activity>(a)), layer.activity[e][a]);
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

std::string figures(const std::vector<Statistic>& memory) {
  std::string text = memory.empty() ? "" : "memory:\n";
  for (const Statistic& statistic : memory)
    text += fmt::format("  {} {:a}\n", statistic.name, statistic.number());
  return text;
}

}  // namespace

std::string accounts(const LevelResult& result) {
  return text_of(result, true) + figures(result.memory);
}

std::string cycles(const LevelResult& result) {
  return text_of(result, false);
}

}  // namespace bitbalance::tlm_level::test
