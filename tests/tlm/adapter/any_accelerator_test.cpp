// Either level behind the adapter: the same results and cycles, whatever form the interrupt takes and
// wherever the memory lies.
#include "tlm/adapter/any_accelerator.h"

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <regex>
#include <string>

#include "testbench/run/system/driver.h"
#include "tests/support/child.h"
#include "tests/support/expected_warnings.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tests/tlm/adapter/hostile_bus.h"
#include "tlm/adapter/address_router.h"
#include "tlm/memory/ideal_memory.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::adapter;

namespace {

/// What stands between accelerator and memory, and where the memory is seen.
struct Way {
  std::uint64_t base = 0;
  std::function<std::shared_ptr<sc_core::sc_module>(AnyAccelerator&, IdealMemory&)> connect =
      [](AnyAccelerator& accelerator, IdealMemory& memory) {
        accelerator.mem.bind(memory.socket);
        return nullptr;
      };
  bool use_nb_transport = true;
};

Way routed(std::uint64_t base) {
  return {base, [base](AnyAccelerator& accelerator, IdealMemory& memory) {
            const auto router = std::make_shared<AddressRouter>("router");
            accelerator.mem.bind(router->initiators);
            router->attach("memory", base, memory.data().size(), memory.socket);
            return router;
          }};
}

Way hostile(const HostileBusOptions& options) {
  return {options.base, [options](AnyAccelerator& accelerator, IdealMemory& memory) {
            const auto bus = std::make_shared<HostileBus>("bus", options);
            accelerator.mem.bind(bus->target);
            bus->initiator.bind(memory.socket);
            return bus;
          }};
}

/// Two runs of a random program: its cycles, the changes that the port and the callback showed; or what is
/// wrong. `way`: from the accelerator to the memory.
std::string run(std::uint64_t seed, AnyAcceleratorOptions options, const Way& way = {}) {
  return in_child([&] {
    const ExpectedWarnings no_status("sets no response status");
    RandomCase c = make_random_case(seed);
    c.config.dram.use_nb_transport = way.use_nb_transport;
    const Program& program = c.mapped.program;
    IdealMemoryConfig memory_config;
    memory_config.bytes = 1 << 20;
    IdealMemory memory("memory", memory_config);
    int told_up = 0, told_down = 0, shown_up = 0;
    sc_core::sc_time shown_for, up_at;
    sc_core::sc_signal<bool> line("line"), driver_line("driver_line");
    options.on_irq = [&](bool high) {
      ++(high ? told_up : told_down);
      driver_line.write(high);
    };
    AnyAccelerator accelerator("accelerator", c.config, options);
    Driver driver("driver");
    const auto between = way.connect(accelerator, memory);
    accelerator.irq(line);
    driver.csr.bind(accelerator.csr);
    driver.irq(driver_line);
    sc_core::sc_spawn_options method;
    method.spawn_method();
    method.dont_initialize();
    method.set_sensitivity(&line.value_changed_event());
    sc_core::sc_spawn(
        [&] {
          if (line.read()) {
            ++shown_up;
            up_at = sc_core::sc_time_stamp();
          } else {
            shown_for = sc_core::sc_time_stamp() - up_at;
          }
        },
        "watch", &method);
    ProgramRegions regions;
    regions.constants_bytes = static_cast<std::uint32_t>(program.constants.size());
    regions.constants_base = way.base;
    const std::size_t data_at = (program.constants.size() + 4095) / 4096 * 4096;
    regions.data_bytes = program.data_bytes;
    const auto data = place_images(program, c.network, c.images, 0xa5);
    std::copy(program.constants.begin(), program.constants.end(), memory.data().begin());
    regions.data_base = regions.constants_base + data_at;
    const auto region = memory.data().begin() + static_cast<std::ptrdiff_t>(data_at);
    std::string text;
    for (int i = 0; i < 2; ++i) {
      std::copy(data.begin(), data.end(), region);
      driver.submit(regions);
      while (!driver.idle()) sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_MS));
      if (driver.outcome().fault != ProgramFault::kNone)
        return std::string(to_string(driver.outcome().fault)) + ": " + accelerator.fault_reason();
      text += std::to_string(driver.outcome().cycles) + " cycles ";
      text += first_mismatch(c, {region, region + program.data_bytes});
    }
    sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_MS));
    text += std::to_string(told_up) + "/" + std::to_string(told_down) + " told, " + std::to_string(shown_up) +
            " shown";
    if (options.irq == InterruptStyle::kPulse) text += " for " + shown_for.to_string();
    return text;
  });
}

}  // namespace

TEST_CASE("both levels behind the adapter give the same data, cycles and interrupts, as level and as pulse") {
  for (std::uint64_t seed = 33000; seed < 33010; ++seed) {
    CAPTURE(seed);
    AnyAcceleratorOptions options;
    const std::string level = run(seed, options);
    CHECK_THAT(level, Catch::EndsWith("2/2 told, 2 shown"));
    options.level = Level::kRtl;
    CHECK(run(seed, options) == level);
    options.irq = InterruptStyle::kPulse;
    CHECK(run(seed, options) == level + " for 1 ns");
    options.level = Level::kTlm;
    CHECK(run(seed, options) == level + " for 1 ns");
  }
}

TEST_CASE("behind a router, with the memory at a base address beyond 32 bits, nothing else changes") {
  for (const Level level : {Level::kTlm, Level::kRtl}) {
    for (const bool use_dmi : {false, true}) {
      CAPTURE(level, use_dmi);
      AnyAcceleratorOptions options;
      options.level = level;
      options.accelerator.use_dmi = use_dmi;
      const std::string direct = run(33000, options);
      CHECK_THAT(direct, Catch::EndsWith("2/2 told, 2 shown"));
      CHECK(run(33000, options, routed(0x12'3456'7000)) == direct);
    }
  }
}

TEST_CASE(
    "a bus that splits bursts, delays them at random, denies DMI and keeps the address changes no result") {
  for (std::uint64_t seed = 33000; seed < 33006; ++seed) {
    for (const Level level : {Level::kTlm, Level::kRtl}) {
      for (const bool use_nb_transport : {false, true}) {
        CAPTURE(seed, level, use_nb_transport);
        AnyAcceleratorOptions options;
        options.level = level;
        HostileBusOptions bus;
        bus.seed = seed;
        bus.base = seed % 2 * 0x1'0000'0000;
        bus.sets_status = seed % 3 != 0;
        Way way = hostile(bus);
        way.use_nb_transport = use_nb_transport;
        const std::regex right("[0-9]+ cycles [0-9]+ cycles 2/2 told, 2 shown");
        const std::string found = run(seed, options, way);
        CAPTURE(found);
        CHECK(std::regex_match(found, right));
      }
    }
  }
}

TEST_CASE("what such a bus breaks is named: a burst that fails halfway, and a status that nobody sets") {
  for (const Level level : {Level::kTlm, Level::kRtl}) {
    for (const bool use_nb_transport : {false, true}) {
      CAPTURE(level, use_nb_transport);
      AnyAcceleratorOptions options;
      options.level = level;
      HostileBusOptions bus;
      bus.fails_at = 5;
      Way way = hostile(bus);
      way.use_nb_transport = use_nb_transport;
      using Catch::Contains;
      CHECK_THAT(run(33000, options, way),
                 Contains("the memory answered with an error") && Contains("TLM_GENERIC_ERROR_RESPONSE"));
      options.accelerator.tolerant_memory = false;
      bus.fails_at = -1;
      bus.sets_status = false;
      way = hostile(bus);
      way.use_nb_transport = use_nb_transport;
      CHECK_THAT(run(33000, options, way),
                 Contains("the memory answered with an error") && Contains("TLM_INCOMPLETE_RESPONSE"));
    }
  }
}
