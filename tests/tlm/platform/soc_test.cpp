#include "tlm/platform/soc.h"

#include <catch2/catch.hpp>
#include <deque>

#include "tests/support/initiator.h"
#include "tlm/memory/ideal_memory.h"

using namespace bitbalance::platform;
using bitbalance::test::Initiator;

namespace {

struct SocBench {
  static constexpr std::uint64_t kDramBytes = 0x1000;
  bitbalance::memory::IdealMemory dram{"dram", memory()};
  Soc soc{"soc", config(), dram, [](char) {}};

  static SocConfig config() {
    SocConfig config;
    config.accelerators.resize(1);
    config.dram_bytes = kDramBytes;
    return config;
  }
  static bitbalance::memory::IdealMemoryConfig memory() {
    bitbalance::memory::IdealMemoryConfig config;
    config.bytes = kDramBytes;
    return config;
  }
};

ElfFile program(std::vector<ElfSegment> segments) {
  return {"program.elf", PLATFORM_FLASH_BASE, std::move(segments)};
}

}  // namespace

TEST_CASE("a program's segments lie in flash and RAM, up to their last bytes") {
  SocBench bench;
  Initiator cpu("cpu");
  cpu.socket.bind(bench.soc.bus.initiators);
  constexpr std::uint64_t kLastOfFlash = PLATFORM_FLASH_BASE + PLATFORM_FLASH_BYTES - 4;
  constexpr std::uint64_t kLastOfRam = PLATFORM_RAM_BASE + PLATFORM_RAM_BYTES - 4;
  bench.soc.load(program({{PLATFORM_FLASH_BASE, {1, 2, 3, 4}},
                          {kLastOfFlash, {5, 6, 7, 8}},
                          {PLATFORM_RAM_BASE, {9, 10, 11, 12}},
                          {kLastOfRam, {13, 14, 15, 16}}}));
  Initiator::until(1);
  CHECK(cpu.read(PLATFORM_FLASH_BASE) == 0x04030201);
  CHECK(cpu.read(kLastOfFlash) == 0x08070605);
  CHECK(cpu.read(PLATFORM_RAM_BASE) == 0x0c0b0a09);
  CHECK(cpu.read(kLastOfRam) == 0x100f0e0d);
}

TEST_CASE("a program that begins elsewhere or fits neither flash nor RAM is refused with file and address") {
  SocBench bench;
  ElfFile elsewhere = program({});
  elsewhere.entry += 4;
  CHECK_THROWS_WITH(bench.soc.load(elsewhere),
                    "program.elf: begins at 0x20000004; accepted: 0x20000000, where the processor starts");
  struct Row {
    std::uint64_t address;
    std::size_t bytes;
    const char* place;
  };
  const Row rows[] = {
      {PLATFORM_FLASH_BASE - 1, 2, "2 bytes at 0x1fffffff"},
      {PLATFORM_FLASH_BASE + PLATFORM_FLASH_BYTES - 1, 2, "2 bytes at 0x200fffff"},
      {PLATFORM_RAM_BASE + PLATFORM_RAM_BYTES - 1, 2, "2 bytes at 0x800fffff"},
      {PLATFORM_RAM_BASE, PLATFORM_RAM_BYTES + 1, "1048577 bytes at 0x80000000"},
      {PLATFORM_UART_BASE, 1, "1 bytes at 0x10000000"},
      {PLATFORM_DRAM_BASE, 1, "1 bytes at 0x90000000"},
      {~std::uint64_t{0}, 1, "1 bytes at 0xffffffffffffffff"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.place);
    CHECK_THROWS_WITH(bench.soc.load(program({{row.address, std::vector<std::uint8_t>(row.bytes)}})),
                      std::string("program.elf: ") + row.place + "; accepted: what lies in flash or RAM");
  }
}

TEST_CASE("the earliest end that firmware tells is its end, at the time that it tells it for") {
  Initiator cpu("cpu");
  Finisher finisher("finisher");
  cpu.socket.bind(finisher.socket);
  cpu.write(0, 0x1234);
  CHECK(!finisher.exit_status());
  bool goes_on = false;
  std::deque<tlm::tlm_generic_payload> payloads;  // threads that the end cuts off free nothing
  const auto tell = [&](std::uint32_t value, double delay_ns) {
    tlm::tlm_generic_payload& payload = payloads.emplace_back();
    sc_core::sc_spawn([&cpu, &goes_on, &payload, value, delay_ns] {
      std::uint32_t word = value;
      payload.set_write();
      payload.set_data_ptr(reinterpret_cast<unsigned char*>(&word));
      payload.set_data_length(sizeof word);
      payload.set_streaming_width(sizeof word);
      sc_core::sc_time delay(delay_ns, sc_core::SC_NS);
      cpu.socket->b_transport(payload, delay);
      wait(delay);
      goes_on = true;
    });
  };
  tell(PLATFORM_FINISHER_PASS, 200);
  tell(7u << 16 | PLATFORM_FINISHER_FAIL, 100);
  tell(PLATFORM_FINISHER_PASS, 100);  // no warning of a second stop either
  sc_core::sc_start();
  CHECK(finisher.exit_status() == 7);
  CHECK(sc_core::sc_time_stamp() == sc_core::sc_time(100, sc_core::SC_NS));
  CHECK(!goes_on);
}

TEST_CASE("the divisor of a 16550 is no character, and its transmitter no source of interrupts") {
  std::string shown;
  Initiator cpu("cpu");
  Uart uart("uart", [&](char c) { shown += c; });
  cpu.socket.bind(uart.socket);
  const auto write = [&](std::uint64_t offset, std::uint32_t value) {
    CHECK(cpu.access(tlm::TLM_WRITE_COMMAND, offset, value, 0, 1) == tlm::TLM_OK_RESPONSE);
  };
  const auto read = [&](std::uint64_t offset) {
    std::uint32_t value = 0;
    CHECK(cpu.access(tlm::TLM_READ_COMMAND, offset, value, 0, 1) == tlm::TLM_OK_RESPONSE);
    return value;
  };
  // As firmware for other platforms begins: no interrupts, the divisor, 8 bits, FIFOs.
  write(1, 0);
  write(3, 0x80);
  write(0, 'D');
  write(1, 'L');
  CHECK(read(0) == 'D');
  CHECK(read(1) == 'L');
  write(3, 0x03);
  write(2, 0xc7);
  CHECK(shown.empty());
  CHECK(read(3) == 0x03);
  CHECK(read(2) == 1);
  CHECK(read(0) == 0);
  CHECK(read(5) == Uart::kTransmitterEmpty);
  write(0, 'a');
  CHECK(shown == "a");
}
