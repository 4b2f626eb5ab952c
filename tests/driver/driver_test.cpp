// The driver on this machine, against a device that behaves as the table of registers says.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>

#include "tests/driver/fake_device.h"

namespace bitbalance::test {
namespace {

using isa::ProgramFault;
using isa::Register;

const bitbalance_program kProgram = {0x1'8000'0100, 0x2'9000'0200, 4096, 8192, FakeDevice::kConfigHash};

/// A device whose driver has been probed and given a program.
struct Loaded {
  FakeDevice device;
  bitbalance_device driver{};

  Loaded() {
    REQUIRE(bitbalance_probe(&driver, device.bus()) == BITBALANCE_OK);
    REQUIRE(bitbalance_load(&driver, &kProgram) == BITBALANCE_OK);
    device.driver = &driver;
  }
  bitbalance_status wait(bool interrupt, std::uint64_t timeout) {
    if (!interrupt) return bitbalance_wait(&driver, device.clock(), timeout);
    return bitbalance_wait_interrupt(&driver, device.interrupts(), device.clock(), timeout);
  }
};

}  // namespace

TEST_CASE("probe takes the accelerator and nothing else") {
  FakeDevice device;
  bitbalance_device driver{};
  SECTION("as it is") {
    CHECK(bitbalance_probe(&driver, device.bus()) == BITBALANCE_OK);
    CHECK(driver.config_hash == FakeDevice::kConfigHash);
  }
  SECTION("compatible changes of the registers") {
    device.file.set(Register::kVersion, BITBALANCE_VERSION_RESET + 1);
    CHECK(bitbalance_probe(&driver, device.bus()) == BITBALANCE_OK);
  }
  SECTION("another device") {
    device.file.set(Register::kId, 0xffffffff);
    CHECK(bitbalance_probe(&driver, device.bus()) == BITBALANCE_NO_DEVICE);
  }
  SECTION("incompatible changes of the registers") {
    device.file.set(Register::kVersion, BITBALANCE_VERSION_RESET + 0x10000);
    CHECK(bitbalance_probe(&driver, device.bus()) == BITBALANCE_OTHER_VERSION);
  }
}

TEST_CASE("load writes both regions, upper halves included") {
  Loaded s;
  CHECK(s.device.file.get_pair(Register::kConstantsBaseLo, Register::kConstantsBaseHi) ==
        kProgram.constants_address);
  CHECK(s.device.file.get_pair(Register::kDataBaseLo, Register::kDataBaseHi) == kProgram.data_address);
  CHECK(s.device.file.get(Register::kConstantsBytes) == kProgram.constants_bytes);
  CHECK(s.device.file.get(Register::kDataBytes) == kProgram.data_bytes);
}

TEST_CASE("load refuses what cannot run, and writes nothing then") {
  FakeDevice device;
  bitbalance_device driver{};
  REQUIRE(bitbalance_probe(&driver, device.bus()) == BITBALANCE_OK);
  bitbalance_program program = kProgram;
  bitbalance_status expected = BITBALANCE_OK;
  SECTION("a program for another configuration") {
    program.config_hash ^= 1;
    expected = BITBALANCE_OTHER_CONFIGURATION;
  }
  SECTION("misaligned constants") {
    program.constants_address += BITBALANCE_REGION_ALIGNMENT / 2;
    expected = BITBALANCE_MISALIGNED;
  }
  SECTION("misaligned data") {
    program.data_address += 1;
    expected = BITBALANCE_MISALIGNED;
  }
  SECTION("while a program runs") {
    device.file.set(Register::kStatus, isa::kStatusBusy);
    expected = BITBALANCE_BUSY;
  }
  CHECK(bitbalance_load(&driver, &program) == expected);
  CHECK(device.file.get(Register::kDataBytes) == 0);
  CHECK(bitbalance_start(&driver, false) == BITBALANCE_NOT_LOADED);
}

TEST_CASE("a program that is polled for ends without an interrupt, again and again") {
  Loaded s;
  for (int run = 1; run <= 3; ++run) {
    REQUIRE(bitbalance_start(&s.driver, false) == BITBALANCE_OK);
    CHECK(bitbalance_poll(&s.driver) == BITBALANCE_BUSY);
    CHECK(bitbalance_start(&s.driver, false) == BITBALANCE_BUSY);
    CHECK(bitbalance_wait(&s.driver, bitbalance_clock{}, BITBALANCE_FOREVER) == BITBALANCE_OK);
    CHECK(s.device.starts == run);
    CHECK(s.device.handler_runs == 0);
  }
}

TEST_CASE("an end that was polled for does not wake who waits for the next one's interrupt") {
  Loaded s;
  REQUIRE(bitbalance_start(&s.driver, false) == BITBALANCE_OK);
  REQUIRE(s.wait(false, 1000) == BITBALANCE_OK);
  REQUIRE(bitbalance_start(&s.driver, true) == BITBALANCE_OK);
  CHECK(s.driver.irq_events == 0);
  CHECK(s.device.handler_runs == 0);
  CHECK(s.wait(true, 1000) == BITBALANCE_OK);
  CHECK(s.device.handler_runs == 1);
}

TEST_CASE("no wake-up is lost wherever the program ends, and the handler runs once") {
  REQUIRE(rc::check("for each length of the program", [] {
    Loaded s;
    s.device.program_ticks = *rc::gen::inRange(1, 60);
    RC_ASSERT(bitbalance_start(&s.driver, true) == BITBALANCE_OK);
    s.device.pass(*rc::gen::inRange(0, 40));
    RC_ASSERT(s.wait(true, BITBALANCE_FOREVER) == BITBALANCE_OK);
    RC_ASSERT(s.device.handler_runs == 1);
    RC_ASSERT(!s.device.line());
  }));
}

TEST_CASE("an end between the look at the flag and the sleep is no lost wake-up") {
  Loaded s;
  s.device.program_ticks = 50;
  bool passed = false;
  s.device.before_sleep = [&] {
    if (!passed) s.device.pass(50);
    passed = true;
  };
  REQUIRE(bitbalance_start(&s.driver, true) == BITBALANCE_OK);
  CHECK(s.wait(true, BITBALANCE_FOREVER) == BITBALANCE_OK);
  CHECK(passed);
  CHECK(s.device.handler_runs == 1);
}

TEST_CASE("a program that hangs is given up after the time-out, and dropped by a soft reset") {
  Loaded s;
  s.device.program_ticks = FakeDevice::kNever;
  const bool interrupt = GENERATE(false, true);
  REQUIRE(bitbalance_start(&s.driver, interrupt) == BITBALANCE_OK);
  const std::uint64_t before = s.device.time;
  CHECK(s.wait(interrupt, 500) == BITBALANCE_TIMED_OUT);
  CHECK(s.device.time >= before + 500);
  CHECK(bitbalance_start(&s.driver, interrupt) == BITBALANCE_BUSY);
  CHECK(bitbalance_soft_reset(&s.driver, s.device.clock(), 500) == BITBALANCE_OK);
  s.device.program_ticks = 10;
  REQUIRE(bitbalance_start(&s.driver, interrupt) == BITBALANCE_OK);
  CHECK(s.wait(interrupt, 500) == BITBALANCE_OK);
}

TEST_CASE("a soft reset of a stopped program works, however late the device takes it") {
  REQUIRE(rc::check("for each delay and moment", [] {
    Loaded s;
    s.device.fault = ProgramFault::kMemoryError;
    s.device.program_ticks = 20;
    s.device.reset_delay = *rc::gen::inRange(0, 20);
    RC_ASSERT(bitbalance_start(&s.driver, false) == BITBALANCE_OK);
    s.device.pass(*rc::gen::inRange(0, 50));
    RC_ASSERT(bitbalance_soft_reset(&s.driver, s.device.clock(), 500) == BITBALANCE_OK);
    s.device.fault = ProgramFault::kNone;
    RC_ASSERT(bitbalance_start(&s.driver, false) == BITBALANCE_OK);
    RC_ASSERT(s.wait(false, 500) == BITBALANCE_OK);
    RC_ASSERT(s.device.starts == 2);
  }));
}

TEST_CASE("a program that another context drops did not end, however it is waited for") {
  Loaded s;
  s.device.program_ticks = FakeDevice::kNever;
  s.device.longest_sleep = 50;
  const bool interrupt = GENERATE(false, true);
  const bool by_pin = GENERATE(false, true);
  const std::uint64_t timeout = GENERATE(std::uint64_t{500}, BITBALANCE_FOREVER);
  const auto drop = [&] {
    if (by_pin) {
      s.device.reset();
    } else {
      CHECK(bitbalance_soft_reset(&s.driver, bitbalance_clock{}, BITBALANCE_FOREVER) == BITBALANCE_OK);
    }
  };
  REQUIRE(bitbalance_start(&s.driver, interrupt) == BITBALANCE_OK);
  if (interrupt) {
    bool dropped = false;
    s.device.before_sleep = [&] {
      if (!dropped) drop();
      dropped = true;
    };
  } else {
    drop();
  }
  CHECK(s.wait(interrupt, timeout) == BITBALANCE_DROPPED);
  CHECK(bitbalance_poll(&s.driver) == BITBALANCE_DROPPED);
  CHECK(s.device.handler_runs == 0);
}

TEST_CASE("a reset after the interrupt leaves no program that ended") {
  Loaded s;
  REQUIRE(bitbalance_start(&s.driver, true) == BITBALANCE_OK);
  s.device.pass(200);
  REQUIRE(s.device.handler_runs == 1);
  s.device.longest_sleep = 50;
  REQUIRE(bitbalance_soft_reset(&s.driver, s.device.clock(), 500) == BITBALANCE_OK);
  CHECK(s.wait(true, BITBALANCE_FOREVER) == BITBALANCE_DROPPED);
}

TEST_CASE("a device without a program has ended none") {
  Loaded s;
  CHECK(bitbalance_poll(&s.driver) == BITBALANCE_DROPPED);
  CHECK(bitbalance_status_text(BITBALANCE_DROPPED) ==
        std::string("no program has ended: a reset dropped it, or none was started"));
}

TEST_CASE("a soft reset of a program that has ended is over at once") {
  Loaded s;
  REQUIRE(bitbalance_start(&s.driver, false) == BITBALANCE_OK);
  REQUIRE(s.wait(false, 500) == BITBALANCE_OK);
  s.device.reset_delay = GENERATE(0u, 20u);
  CHECK(bitbalance_soft_reset(&s.driver, s.device.clock(), 500) == BITBALANCE_OK);
}

TEST_CASE("a reset that never ends is reported") {
  Loaded s;
  s.device.reset_ticks = FakeDevice::kNever;
  CHECK(bitbalance_soft_reset(&s.driver, s.device.clock(), 200) == BITBALANCE_TIMED_OUT);
}

TEST_CASE("a time-out near the end of the clock's range does not wrap") {
  Loaded s;
  s.device.time = BITBALANCE_FOREVER - 1000;
  REQUIRE(bitbalance_start(&s.driver, false) == BITBALANCE_OK);
  CHECK(s.wait(false, BITBALANCE_FOREVER - 1) == BITBALANCE_OK);
}

TEST_CASE("a stopped program tells its fault once the engines are idle") {
  Loaded s;
  s.device.fault = ProgramFault::kMemoryError;
  const bool interrupt = GENERATE(false, true);
  REQUIRE(bitbalance_start(&s.driver, interrupt) == BITBALANCE_OK);
  CHECK(s.wait(interrupt, BITBALANCE_FOREVER) == BITBALANCE_STOPPED);
  CHECK((s.device.file.get(Register::kStatus) & isa::kStatusIdle) != 0);
  const struct bitbalance_result result = bitbalance_read_result(&s.driver);
  CHECK(result.fault == BITBALANCE_FAULT_MEMORY_ERROR);
  CHECK(result.command == 5);
}

TEST_CASE("the handler leaves an interrupt alone that is another device's") {
  Loaded s;
  CHECK(bitbalance_handle_interrupt(&s.driver) == 0);
  CHECK(s.driver.irq_events == 0);
  SECTION("also while an end that is polled for stands in IRQ_STATUS") {
    s.device.fault = GENERATE(ProgramFault::kNone, ProgramFault::kMemoryError);
    REQUIRE(bitbalance_start(&s.driver, false) == BITBALANCE_OK);
    s.device.pass(200);
    const std::uint32_t events = s.device.file.get(Register::kIrqStatus);
    REQUIRE(events != 0);
    CHECK(bitbalance_handle_interrupt(&s.driver) == 0);
    CHECK(s.driver.irq_events == 0);
    CHECK(s.device.file.get(Register::kIrqStatus) == events);
  }
}

TEST_CASE("the handler clears what raised the line, and no other event") {
  Loaded s;
  s.device.driver = nullptr;
  REQUIRE(bitbalance_start(&s.driver, true) == BITBALANCE_OK);
  s.device.file.set(Register::kIrqEnable, isa::kIrqError);
  s.device.file.set(Register::kIrqStatus, isa::kIrqDone | isa::kIrqError);
  CHECK(bitbalance_handle_interrupt(&s.driver) == isa::kIrqError);
  CHECK(s.driver.irq_events == isa::kIrqError);
  CHECK(s.device.file.get(Register::kIrqStatus) == isa::kIrqDone);
  CHECK_FALSE(s.device.line());
}

TEST_CASE("barriers stand between inputs and start, and between end and results") {
  Loaded s;
  s.device.log.clear();
  REQUIRE(bitbalance_start(&s.driver, true) == BITBALANCE_OK);
  CHECK_THAT(s.device.log, Catch::EndsWith("barrier write CONTROL "));
  s.device.log.clear();
  REQUIRE(bitbalance_poll(&s.driver) == BITBALANCE_BUSY);
  CHECK(s.device.log == "read STATUS ");
  s.device.driver = nullptr;
  s.device.pass(200);
  s.device.log.clear();
  REQUIRE(bitbalance_handle_interrupt(&s.driver) == isa::kIrqDone);
  CHECK(s.device.log ==
        "read IRQ_STATUS read IRQ_ENABLE write IRQ_STATUS read IRQ_STATUS barrier ");  // posted writes arrive
  s.device.log.clear();
  REQUIRE(bitbalance_poll(&s.driver) == BITBALANCE_OK);
  CHECK(s.device.log == "read STATUS barrier ");
}

TEST_CASE("however a program is waited for, a barrier follows the last read of STATUS") {
  Loaded s;
  s.device.fault = GENERATE(ProgramFault::kNone, ProgramFault::kMemoryError);
  const bool interrupt = GENERATE(false, true);
  const bool is_reset = GENERATE(false, true);
  REQUIRE(bitbalance_start(&s.driver, interrupt) == BITBALANCE_OK);
  if (is_reset) {
    REQUIRE(bitbalance_soft_reset(&s.driver, s.device.clock(), 500) == BITBALANCE_OK);
  } else {
    REQUIRE(s.wait(interrupt, 500) != BITBALANCE_TIMED_OUT);
  }
  CHECK_THAT(s.device.log, Catch::EndsWith("read STATUS barrier "));
}

TEST_CASE("a bus whose accesses keep their order needs no barrier") {
  FakeDevice device;
  bitbalance_device driver{};
  bitbalance_bus bus = device.bus();
  bus.barrier = nullptr;
  REQUIRE(bitbalance_probe(&driver, bus) == BITBALANCE_OK);
  REQUIRE(bitbalance_load(&driver, &kProgram) == BITBALANCE_OK);
  REQUIRE(bitbalance_start(&driver, false) == BITBALANCE_OK);
  CHECK(bitbalance_wait(&driver, device.clock(), 500) == BITBALANCE_OK);
}

TEST_CASE("registers in the address space are read and written, with a barrier") {
  std::uint32_t registers[BITBALANCE_REGISTER_WINDOW_BYTES / 4] = {};
  const bitbalance_bus bus = bitbalance_mmio_bus(reinterpret_cast<std::uintptr_t>(registers));
  bus.write(bus.context, BITBALANCE_DATA_BYTES, 4711);
  REQUIRE(bus.barrier != nullptr);
  bus.barrier(bus.context);
  CHECK(registers[BITBALANCE_DATA_BYTES / 4] == 4711);
  CHECK(bus.read(bus.context, BITBALANCE_DATA_BYTES) == 4711);
}

TEST_CASE("cycles are read whole while the counter carries into its upper half") {
  struct Carrying {
    FakeDevice device;
    std::uint64_t cycles = 0;
  } carrying;
  const bitbalance_bus bus = {[](void* context, std::uint32_t offset) -> std::uint32_t {
                                auto& self = *static_cast<Carrying*>(context);
                                const std::uint64_t cycles = self.cycles++;
                                if (offset == BITBALANCE_CYCLES_LO) return static_cast<std::uint32_t>(cycles);
                                if (offset == BITBALANCE_CYCLES_HI)
                                  return static_cast<std::uint32_t>(cycles >> 32);
                                return self.device.file.read(*isa::register_at(offset));
                              },
                              [](void*, std::uint32_t, std::uint32_t) {}, &carrying, nullptr};
  for (std::uint64_t first = 0x1'ffff'fff0; first < 0x2'0000'0010; ++first) {
    bitbalance_device driver{};
    REQUIRE(bitbalance_probe(&driver, bus) == BITBALANCE_OK);
    carrying.cycles = first;
    const std::uint64_t cycles = bitbalance_read_result(&driver).cycles;
    CHECK(cycles >= first);
    CHECK(cycles < carrying.cycles);
  }
}

TEST_CASE("every status and every fault has a text") {
  const std::string unknown = bitbalance_status_text(static_cast<bitbalance_status>(BITBALANCE_DROPPED + 1));
  CHECK(unknown == "unknown status");
  for (int status = BITBALANCE_OK; status <= BITBALANCE_DROPPED; ++status)
    CHECK(bitbalance_status_text(static_cast<bitbalance_status>(status)) != unknown);
  CHECK(bitbalance_fault_text(BITBALANCE_FAULT_TIMEOUT) == std::string(to_string(ProgramFault::kTimeout)));
  CHECK(bitbalance_fault_text(255) == std::string("unknown fault"));
}

}  // namespace bitbalance::test
