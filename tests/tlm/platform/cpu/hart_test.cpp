// Small programs, encoded here, on a hart with memory and one device.
#include "tlm/platform/cpu/hart.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "tests/support/child.h"
#include "tlm/adapter/address_router.h"
#include "tlm/platform/finisher.h"
#include "tlm/platform/ram.h"
#include "tlm/platform/register_device.h"

using namespace bitbalance;
using cpu::Hart;
using cpu::HartConfig;

namespace {

constexpr std::uint64_t kCode = 0x2000'0000;
constexpr std::uint64_t kRam = 0x3000'0000;  // lui makes negative what has bit 31
constexpr std::uint64_t kDevice = 0x1000'0000;
constexpr std::uint64_t kFinisher = 0x1100'0000;
constexpr std::uint64_t kGranting = kRam + 0x1000;
constexpr std::uint64_t kHole = 0x4000'0000;
constexpr std::uint32_t kTrapOffset = 0x200;

// Registers, and encodings of volume I and II of the RISC-V manual.
enum : std::uint32_t { x0 = 0, t0 = 5, t1 = 6, t2 = 7, s0 = 8, s1 = 9, a0 = 10, a1 = 11, a2 = 12 };
enum : std::uint32_t {
  mstatus = 0x300,
  mie = 0x304,
  mtvec = 0x305,
  mepc = 0x341,
  mcause = 0x342,
  mtval = 0x343
};
constexpr std::uint32_t lui(std::uint32_t rd, std::uint64_t value) {
  return static_cast<std::uint32_t>(value & 0xfffff000) | rd << 7 | 0x37;
}
constexpr std::uint32_t addi(std::uint32_t rd, std::uint32_t rs, int value) {
  return static_cast<std::uint32_t>(value) << 20 | rs << 15 | rd << 7 | 0x13;
}
constexpr std::uint32_t add(std::uint32_t rd, std::uint32_t a, std::uint32_t b) {
  return b << 20 | a << 15 | rd << 7 | 0x33;
}
constexpr std::uint32_t lw(std::uint32_t rd, std::uint32_t rs, int offset) {
  return static_cast<std::uint32_t>(offset) << 20 | rs << 15 | 2 << 12 | rd << 7 | 0x03;
}
constexpr std::uint32_t sw(std::uint32_t source, std::uint32_t rs, std::uint32_t offset) {
  return (offset >> 5) << 25 | source << 20 | rs << 15 | 2 << 12 | (offset & 31) << 7 | 0x23;
}
constexpr std::uint32_t sd(std::uint32_t source, std::uint32_t rs, std::uint32_t offset) {
  return sw(source, rs, offset) | 1 << 12;
}
constexpr std::uint32_t csrr(std::uint32_t rd, std::uint32_t csr) {
  return csr << 20 | 2 << 12 | rd << 7 | 0x73;
}
constexpr std::uint32_t csrw(std::uint32_t csr, std::uint32_t rs) {
  return csr << 20 | rs << 15 | 1 << 12 | 0x73;
}
constexpr std::uint32_t csrsi(std::uint32_t csr, std::uint32_t bits) {
  return csr << 20 | bits << 15 | 6 << 12 | 0x73;
}
/// Back by `instructions`, while s0 is not 0.
constexpr std::uint32_t bnez_s0_back(int instructions) {
  const auto offset = static_cast<std::uint32_t>(-4 * instructions);
  return (offset >> 12 & 1) << 31 | (offset >> 5 & 0x3f) << 25 | s0 << 15 | 1 << 12 |
         (offset >> 1 & 15) << 8 | (offset >> 11 & 1) << 7 | 0x63;
}
constexpr std::uint32_t kWfi = 0x10500073;
constexpr std::uint32_t kMret = 0x30200073;
constexpr std::uint32_t kEcall = 0x00000073;
constexpr std::uint32_t kEbreak = 0x00100073;
constexpr std::uint32_t kIllegal = 0xffffffff;
constexpr std::uint32_t kLoop = 0x0000006f;  // jumps to itself
constexpr std::uint32_t kNext = 0x0040006f;  // jumps to the next instruction, which begins a block

/// Keeps what is written and when; offset 0x10 stops the simulation, 0x14 lowers the line.
class Recorder : public platform::RegisterDevice {
 public:
  std::vector<std::pair<std::uint64_t, std::uint32_t>> writes;
  std::vector<sc_core::sc_time> times;
  sc_core::sc_signal<bool> line{"line"};

  explicit Recorder(const sc_core::sc_module_name& name) : RegisterDevice(name) {
    SC_HAS_PROCESS(Recorder);
    SC_METHOD(change);
    sensitive << raise_ << lower_;
    dont_initialize();
  }
  void raise_at(double ns) { raise_.notify(ns, sc_core::SC_NS); }

 private:
  std::optional<std::uint32_t> read(std::uint64_t offset, unsigned, const sc_core::sc_time&) override {
    if (offset >= 0x40) return std::nullopt;
    return static_cast<std::uint32_t>(offset + 0x100);
  }
  bool write(std::uint64_t offset, unsigned, std::uint32_t value, sc_core::sc_time& delay) override {
    if (offset == 0x10) sc_core::sc_stop();
    if (offset == 0x14) lower_.notify(delay);
    writes.emplace_back(offset, value);
    times.push_back(sc_core::sc_time_stamp() + delay);
    return true;
  }
  void change() { line.write(raise_.triggered()); }

  sc_core::sc_event raise_, lower_;
};

/// Memory that counts transactions, and can take its DMI back. If it grants none for writing it is as flash
/// is: a write clears bits.
class Granting : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Granting> socket{"socket"};
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(0x1000);
  int reads = 0, writes = 0;
  bool grants_writes = true;

  explicit Granting(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_HAS_PROCESS(Granting);
    socket.register_b_transport(this, &Granting::b_transport);
    socket.register_get_direct_mem_ptr(this, &Granting::get_direct_mem_ptr);
    SC_METHOD(take_back);
    sensitive << taken_back_;
    dont_initialize();
  }
  void take_back_at(double ns) { taken_back_.notify(ns, sc_core::SC_NS); }

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time&) {
    ++(transaction.is_write() ? writes : reads);
    std::uint8_t* const at = bytes.data() + transaction.get_address();
    if (transaction.is_write() && !grants_writes) {
      for (unsigned i = 0; i < transaction.get_data_length(); ++i) at[i] &= transaction.get_data_ptr()[i];
    } else if (transaction.is_write()) {
      std::memcpy(at, transaction.get_data_ptr(), transaction.get_data_length());
    } else {
      std::memcpy(transaction.get_data_ptr(), at, transaction.get_data_length());
    }
    transaction.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    dmi.set_start_address(0);
    dmi.set_end_address(bytes.size() - 1);
    dmi.set_dmi_ptr(bytes.data());
    dmi.set_granted_access(grants_writes ? tlm::tlm_dmi::DMI_ACCESS_READ_WRITE
                                         : tlm::tlm_dmi::DMI_ACCESS_READ);
    return true;
  }
  void take_back() { socket->invalidate_direct_mem_ptr(0, bytes.size() - 1); }

  sc_core::sc_event taken_back_;
};

struct Bench {
  adapter::AddressRouter bus{"bus"};
  platform::Ram code{"code", 0x1000, platform::Ram::Kind::kReadOnly, true};
  platform::Ram ram;
  Recorder device{"device"};
  platform::Finisher finisher{"finisher"};
  Granting granting{"granting"};
  sc_core::sc_signal<bool> low{"low"};
  std::unique_ptr<Hart> hart;

  explicit Bench(const std::vector<std::uint32_t>& program, const std::vector<std::uint32_t>& trap = {},
                 bool dmi = true, double quantum_ns = 1000)
      : ram("ram", 0x1000, platform::Ram::Kind::kReadWrite, dmi) {
    tlm::tlm_global_quantum::instance().set(sc_core::sc_time(quantum_ns, sc_core::SC_NS));
    const auto place = [&](const std::vector<std::uint32_t>& words, std::size_t offset) {
      if (!words.empty())
        std::memcpy(code.data().data() + offset, words.data(), words.size() * sizeof words[0]);
    };
    place(program, 0);
    place(trap, kTrapOffset);
    bus.attach("code", kCode, 0x1000, code.socket);
    bus.attach("ram", kRam, 0x1000, ram.socket);
    bus.attach("device", kDevice, 0x1000, device.socket);
    bus.attach("finisher", kFinisher, 0x1000, finisher.socket);
    bus.attach("granting", kGranting, 0x1000, granting.socket);
    HartConfig config;
    config.regions = {
        {kCode, 0x1000}, {kRam, 0x1000}, {kDevice, 0x1000}, {kFinisher, 0x1000}, {kGranting, 0x1000}};
    config.reset_address = kCode;
    hart = std::make_unique<Hart>("hart", config);
    hart->bus.bind(bus.initiators);
    hart->software_interrupt(low);
    hart->timer_interrupt(low);
    hart->external_interrupt(device.line);
  }
  std::uint32_t ram_word(std::size_t index) {
    std::uint32_t word = 0;
    std::memcpy(&word, ram.data().data() + 4 * index, sizeof word);
    return word;
  }
};

/// t0 = device, t1 = handler's address into mtvec; what follows begins at instruction 4.
std::vector<std::uint32_t> with_handler(const std::vector<std::uint32_t>& rest) {
  std::vector<std::uint32_t> program = {lui(t0, kDevice), lui(t1, kCode), addi(t1, t1, kTrapOffset),
                                        csrw(mtvec, t1)};
  program.insert(program.end(), rest.begin(), rest.end());
  return program;
}

/// Tells mcause, mepc and mtval to the device and stops.
const std::vector<std::uint32_t> kTellAndStop = {csrr(a0, mcause), csrr(a1, mepc), csrr(a2, mtval),
                                                 sw(a0, t0, 0),    sw(a1, t0, 4),  sw(a2, t0, 8),
                                                 sw(x0, t0, 0x10), kLoop};

/// A debugger that does at its halts what a test says, and asks for others when the test says so.
class Script : public cpu::Debugger {
 public:
  using Halt = std::function<Resume(cpu::DebugTarget&)>;
  std::vector<Halt> halts;  ///< at those that follow the hart goes on
  std::function<bool()> asks = [] { return false; };
  std::vector<std::uint64_t> pcs;  ///< of each halt
  bool is_there = true;

  Resume halted(cpu::DebugTarget& target) override {
    pcs.push_back(target.debug_register(cpu::DebugTarget::kPc));
    return pcs.size() <= halts.size() ? halts[pcs.size() - 1](target) : Resume::kContinue;
  }
  bool interrupted() override { return asks(); }
  bool is_attached() const override { return is_there; }
};

std::vector<std::uint8_t> bytes_of(const std::vector<std::uint32_t>& words) {
  std::vector<std::uint8_t> bytes(words.size() * sizeof words[0]);
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

}  // namespace

/// What the device is told, in a process of its own: "[offset]=value ...".
std::string told(const std::vector<std::uint32_t>& program, const std::vector<std::uint32_t>& trap) {
  return test::in_child([&] {
    Bench bench(program, trap);
    sc_core::sc_start();
    std::string text;
    for (const auto& [offset, value] : bench.device.writes)
      text += fmt::format("[{:#x}]={:#x} ", offset, value);
    return text;
  });
}

TEST_CASE("each exception has its cause, its instruction and its value") {
  struct Row {
    std::vector<std::uint32_t> rest;
    std::uint32_t cause;
    std::uint32_t instruction;  ///< of `rest`
    std::uint64_t value;
  };
  const std::uint32_t nop = addi(x0, x0, 0);
  const Row rows[] = {
      {{nop, kIllegal}, 2, 1, 0},
      {{nop, kEbreak}, 3, 1, 0},
      {{nop, nop, kEcall}, 11, 2, 0},
      {{lui(s1, kHole), nop, lw(a0, s1, 4)}, 5, 2, kHole + 4},
      {{lui(s1, kHole), sw(a0, s1, 8)}, 7, 1, kHole + 8},
      {{lw(a0, t0, 0), lui(s1, kHole), lw(a0, t0, 4), lw(a0, s1, 4), nop}, 5, 3, kHole + 4},
      {{lui(s1, kCode), sw(a0, s1, 0x40)}, 7, 1, kCode + 0x40},  // read-only memory
      {{nop, lw(a0, t0, 0x40)}, 5, 1, kDevice + 0x40},           // the device refuses
  };
  for (const Row& row : rows) {
    const std::uint64_t pc = kCode + 4 * (4 + row.instruction);
    CHECK(told(with_handler(row.rest), kTellAndStop) ==
          fmt::format("[0x0]={:#x} [0x4]={:#x} [0x8]={:#x} [0x10]=0x0 ", row.cause, pc, row.value));
  }
}

TEST_CASE("a jump to where nothing is, is a fetch fault there") {
  const std::uint32_t jalr_s1 = s1 << 15 | 0x67;
  Bench bench(with_handler({lui(s1, kHole), jalr_s1}), kTellAndStop);
  sc_core::sc_start();
  REQUIRE(bench.device.writes.size() == 4);
  CHECK(bench.device.writes[0].second == 1);
  CHECK(bench.device.writes[1].second == kHole);
}

TEST_CASE("an interrupt is taken once for each time that the line rises, at every quantum") {
  // The handler lowers the line and counts; the program runs 3000 rounds of 2 instructions.
  const std::vector<std::uint32_t> program = with_handler(
      {lui(t1, kRam), lui(t2, 0x1000), addi(t2, t2, -2048), csrw(mie, t2), csrsi(mstatus, 8), lui(s0, 0x1000),
       addi(s0, s0, -1096), addi(s0, s0, -1), bnez_s0_back(1), sw(x0, t0, 0x10), kLoop});
  const std::vector<std::uint32_t> handler = {sw(x0, t0, 0x14), lw(a0, t1, 0), addi(a0, a0, 1), sw(a0, t1, 0),
                                              kMret};
  for (const double quantum : {0., 100., 1000., 1e6}) {
    for (const bool dmi : {false, true}) {
      CAPTURE(quantum, dmi);
      CHECK(test::in_child([&] {
              Bench bench(program, handler, dmi, quantum);
              bench.device.raise_at(1500);
              sc_core::sc_start();
              return fmt::format("{} counted, {} taken", bench.ram_word(0), bench.hart->interrupts_taken());
            }) ==
            (quantum < 1e6 ? "1 counted, 1 taken" : "0 counted, 0 taken"));  // it ends within the quantum
    }
  }
}

TEST_CASE("wfi sleeps until an interrupt is pending, though masked, and time advances") {
  Bench bench({lui(t0, kDevice), lui(t2, 0x1000), addi(t2, t2, -2048), csrw(mie, t2), sw(x0, t0, 0), kWfi,
               sw(x0, t0, 4), sw(x0, t0, 0x10), kLoop});
  bench.device.raise_at(123'456);
  sc_core::sc_start();
  REQUIRE(bench.device.times.size() == 3);
  CHECK(bench.device.times[0] < sc_core::sc_time(1, sc_core::SC_US));
  CHECK(bench.device.times[1] > sc_core::sc_time(123'456, sc_core::SC_NS));
  CHECK(bench.device.times[1] < sc_core::sc_time(123'500, sc_core::SC_NS));
  CHECK(bench.hart->interrupts_taken() == 0);
}

TEST_CASE("an instruction takes a period, and an access the way to the bus on top, at every quantum") {
  // A block's instructions are counted when it begins.
  const int before = 2 + 200 + 4;
  for (const double quantum : {0., 10., 1e6}) {
    CAPTURE(quantum);
    CHECK(test::in_child([&] {
            Bench bench({lui(t0, kDevice), addi(s0, x0, 100), addi(s0, s0, -1), bnez_s0_back(1),
                         sw(x0, t0, 0), sw(x0, t0, 4), sw(x0, t0, 0x10), kLoop},
                        {}, true, quantum);
            sc_core::sc_start();
            return fmt::format("{} {}", bench.device.times.at(0).to_string(),
                               bench.device.times.at(1).to_string());
          }) == fmt::format("{} ns {} ns", before + 10, before + 20));
  }
}

TEST_CASE("what a debugger writes over code that has run is what runs next, and is counted") {
  const std::uint32_t nop = addi(x0, x0, 0);
  const std::uint32_t two_nops = 0x00010001;  // compressed
  Bench bench(
      {lui(t0, kDevice), nop, addi(s0, x0, 1), sw(s0, t0, 0), bnez_s0_back(3), sw(x0, t0, 0x10), kLoop}, {},
      true, 0);
  Script script;
  script.asks = [&] { return bench.device.writes.size() == 2 && script.pcs.size() == 1; };
  script.halts = {[](cpu::DebugTarget&) { return Script::Resume::kContinue; },
                  [&](cpu::DebugTarget& target) {
                    CHECK(target.debug_write(kCode + 4, bytes_of({two_nops, addi(s0, x0, 0)})));
                    return Script::Resume::kContinue;
                  }};
  bench.hart->attach(script);
  sc_core::sc_start(10, sc_core::SC_US);
  CHECK(script.pcs == std::vector<std::uint64_t>{kCode, kCode + 4});
  REQUIRE(bench.device.writes.size() == 4);
  CHECK(bench.device.writes[1].second == 1);
  CHECK(bench.device.writes[2].second == 0);
  CHECK(bench.device.times[1] - bench.device.times[0] == sc_core::sc_time(4 + 10, sc_core::SC_NS));
  CHECK(bench.device.times[2] - bench.device.times[1] == sc_core::sc_time(5 + 10, sc_core::SC_NS));
}

TEST_CASE("breakpoints at a trap's handler and behind wfi are hit, and gone on from") {
  constexpr std::uint64_t kBehindWfi = kCode + 4 * 8;
  constexpr std::uint64_t kHandler = kCode + kTrapOffset;
  Bench bench(with_handler({lui(t2, 0x1000), addi(t2, t2, -2048), csrw(mie, t2), kWfi, kEcall,
                            sw(x0, t0, 0x14), csrsi(mstatus, 8), sw(x0, t0, 0x10), kLoop}),
              {csrr(a1, mepc), addi(a1, a1, 4), csrw(mepc, a1), kMret});
  Script script;
  script.halts = {[](cpu::DebugTarget& target) {
    target.set_breakpoint(kBehindWfi, true);
    target.set_breakpoint(kHandler, true);
    return Script::Resume::kContinue;
  }};
  bench.hart->attach(script);
  bench.device.raise_at(500);
  sc_core::sc_start(10, sc_core::SC_US);
  CHECK(script.pcs == std::vector<std::uint64_t>{kCode, kBehindWfi, kHandler});
  CHECK(bench.device.writes.size() == 2);
}

TEST_CASE("a breakpoint at an interrupt's handler is hit each time") {
  constexpr std::uint64_t kHandler = kCode + kTrapOffset;
  for (const double quantum : {0., 1000.}) {
    CAPTURE(quantum);
    CHECK(test::in_child([&] {
            Bench bench(
                with_handler({lui(t2, 0x1000), addi(t2, t2, -2048), csrw(mie, t2), csrsi(mstatus, 8), kLoop}),
                {sw(x0, t0, 0x14), kMret}, true, quantum);
            Script script;
            script.halts = {[](cpu::DebugTarget& target) {
              target.set_breakpoint(kHandler, true);
              return Script::Resume::kContinue;
            }};
            bench.hart->attach(script);
            bench.device.raise_at(1500);
            sc_core::sc_start(5, sc_core::SC_US);
            bench.device.raise_at(1500);
            sc_core::sc_start(5, sc_core::SC_US);
            return fmt::format("{} halts, the last at {:#x}, {} interrupts", script.pcs.size(),
                               script.pcs.back(), bench.hart->interrupts_taken());
          }) == fmt::format("3 halts, the last at {:#x}, 2 interrupts", kHandler));
  }
}

TEST_CASE("the hart runs no further than the end that it tells the finisher, at every quantum") {
  for (const double quantum : {0., 10., 1e6}) {
    CAPTURE(quantum);
    CHECK(test::in_child([&] {
            Bench bench({lui(t1, kFinisher), lui(a0, 0x5000), addi(a0, a0, 0x555), sw(a0, t1, 0), kLoop}, {},
                        true, quantum);
            sc_core::sc_start();
            return fmt::format("exit {} at {} after {}", bench.finisher.exit_status().value_or(-1),
                               sc_core::sc_time_stamp().to_string(), bench.hart->instructions());
          }) == "exit 0 at 15 ns after 5");
  }
}

TEST_CASE("an interrupt between blocks repeats none, with a breakpoint set and behind a step") {
  // 1000 rounds of three blocks, each of which counts.
  const std::vector<std::uint32_t> program = with_handler(
      {lui(t1, kRam), lui(t2, 0x1000), addi(t2, t2, -2048), csrw(mie, t2), csrsi(mstatus, 8),
       addi(s0, x0, 1000), addi(a0, a0, 1), kNext, addi(a1, a1, 1), kNext, addi(a2, a2, 1), addi(s0, s0, -1),
       bnez_s0_back(6), sw(a0, t0, 0), sw(a1, t0, 0), sw(a2, t0, 0), sw(x0, t0, 0x10), kLoop});
  const std::vector<std::uint32_t> handler = {sw(x0, t0, 0x14), kMret};
  for (const bool steps : {false, true}) {
    for (const double quantum : {0., 50., 1000.}) {
      for (int time = 1500; time < 1507; ++time) {
        CAPTURE(steps, quantum, time);
        CHECK(test::in_child([&] {
                Bench bench(program, handler, true, quantum);
                Script script;
                script.halts = {[&](cpu::DebugTarget& target) {
                  if (steps) return Script::Resume::kStep;
                  target.set_breakpoint(kCode + 0x800, true);
                  return Script::Resume::kContinue;
                }};
                bench.hart->attach(script);
                bench.device.raise_at(time);
                sc_core::sc_start();
                std::string text = fmt::format("{} taken", bench.hart->interrupts_taken());
                for (const auto& [offset, value] : bench.device.writes)
                  if (offset == 0) text += fmt::format(", {}", value);
                return text;
              }) == "1 taken, 1000, 1000, 1000");
      }
    }
  }
}

TEST_CASE("the write that ends the simulation is a transaction that the bus tells of, at every quantum") {
  for (const double quantum : {0., 10., 1e9}) {
    for (const std::uint64_t value : {0x5555u, 0x73333u}) {
      CAPTURE(quantum, value);
      CHECK(test::in_child([&] {
              Bench bench({lui(t1, kFinisher), lui(a0, value), addi(a0, a0, static_cast<int>(value & 0xfff)),
                           sw(a0, t1, 0), kLoop},
                          {}, true, quantum);
              std::string text;
              bench.bus.observe([&](const sc_core::sc_time& time, int, const std::string& target,
                                    const tlm::tlm_generic_payload& transaction) {
                text += fmt::format("{} {} {} {}; ", time.to_string(), target, transaction.is_write(),
                                    transaction.is_response_ok());
              });
              sc_core::sc_start();
              return text + fmt::format("exit {} at {} after {}", bench.finisher.exit_status().value_or(-1),
                                        sc_core::sc_time_stamp().to_string(), bench.hart->instructions());
            }) == fmt::format("15 ns finisher true true; exit {} at 15 ns after 5", value == 0x5555 ? 0 : 7));
    }
  }
}

TEST_CASE("a debugger halts a hart that sleeps, in front of its wfi, and nothing else wakes") {
  const auto run = [](bool stays) {
    return test::in_child([stays] {
      Bench bench({lui(t0, kDevice), kWfi, sw(x0, t0, 0x10), kLoop});
      Script script;
      script.asks = [&] {
        const bool late = sc_core::sc_time_stamp() > sc_core::sc_time(3, sc_core::SC_MS);
        return late && script.pcs.size() < 3;
      };
      script.halts = {[](cpu::DebugTarget&) { return Script::Resume::kContinue; },
                      [](cpu::DebugTarget&) { return Script::Resume::kContinue; },
                      [&](cpu::DebugTarget& target) {
                        if (stays) target.set_debug_register(cpu::DebugTarget::kPc, kCode + 8);
                        script.is_there = stays;
                        return Script::Resume::kContinue;
                      }};
      bench.hart->attach(script);
      sc_core::sc_start();
      std::string text;
      for (const std::uint64_t pc : script.pcs) text += fmt::format("{:#x} ", pc);
      return text + fmt::format("{} writes", bench.device.writes.size());
    });
  };
  const std::string halts = fmt::format("{0:#x} {1:#x} {1:#x} ", kCode, kCode + 4);
  CHECK(run(true) == halts + "1 writes");
  CHECK(run(false) == halts + "0 writes");  // nobody is left to wake it
}

TEST_CASE("a single step takes as long as its instruction, and what it left behind is none") {
  constexpr std::size_t kSteps = 2 + 2 * 100;
  for (const double quantum : {0., 10., 1e6}) {
    CAPTURE(quantum);
    CHECK(test::in_child([&] {
            Bench bench({lui(t0, kDevice), addi(s0, x0, 100), addi(s0, s0, -1), bnez_s0_back(1),
                         sw(x0, t0, 0), sw(x0, t0, 4), sw(x0, t0, 0x10), kLoop},
                        {}, true, quantum);
            Script script;
            std::uint64_t counted = 0;
            script.halts.assign(kSteps, [&](cpu::DebugTarget&) {
              counted += static_cast<std::uint64_t>(bench.hart->instructions() == script.pcs.size() - 1);
              return Script::Resume::kStep;
            });
            bench.hart->attach(script);
            sc_core::sc_start();
            return fmt::format("{} halts, {} counted right, the last at {:#x}; {}, {}", script.pcs.size(),
                               counted, script.pcs.back(), bench.device.times.at(0).to_string(),
                               bench.device.times.at(1).to_string());
          }) == fmt::format("{} halts, {} counted right, the last at {:#x}; {} ns, {} ns", kSteps + 1, kSteps,
                            kCode + 4 * 4, kSteps + 4 + 10, kSteps + 4 + 20));
  }
}

TEST_CASE("a single step into a block that has run is one instruction") {
  constexpr std::size_t kSteps = 20;
  Bench bench({addi(s0, x0, 1), addi(a0, a0, 1), kNext, addi(a1, a1, 1), bnez_s0_back(3)}, {}, true, 100);
  Script script;
  std::vector<std::uint64_t> counted;
  script.asks = [&] { return script.pcs.size() == 1 && bench.hart->instructions() > 1000; };
  script.halts.assign(1 + kSteps, [&](cpu::DebugTarget&) {
    counted.push_back(bench.hart->instructions());
    return script.pcs.size() == 1 ? Script::Resume::kContinue : Script::Resume::kStep;
  });
  bench.hart->attach(script);
  sc_core::sc_start(10, sc_core::SC_US);
  REQUIRE(script.pcs.size() == kSteps + 2);
  for (std::size_t i = 2; i <= kSteps; ++i) {
    CAPTURE(i);
    CHECK(script.pcs[i] == (script.pcs[i - 1] == kCode + 4 * 4 ? kCode + 4 : script.pcs[i - 1] + 4));
    CHECK(counted[i] == counted[i - 1] + 1);
  }
}

TEST_CASE("a hart that only steps takes its traps and interrupts, and halts behind each") {
  const std::vector<std::uint32_t> handler = {sw(x0, t0, 0x14), csrr(a1, mepc), addi(a1, a1, 4),
                                              csrw(mepc, a1), kMret};
  Bench bench(with_handler({kEcall, lui(t2, 0x1000), addi(t2, t2, -2048), csrw(mie, t2), csrsi(mstatus, 8),
                            addi(x0, x0, 0), addi(x0, x0, 0), sw(x0, t0, 0x10), kLoop}),
              handler, true, 0);
  Script script;
  script.halts.assign(100, [](cpu::DebugTarget&) { return Script::Resume::kStep; });
  bench.hart->attach(script);
  bench.device.raise_at(25);
  sc_core::sc_start(10, sc_core::SC_US);
  const auto halts_at = [&](std::uint64_t pc) {
    return std::count(script.pcs.begin(), script.pcs.end(), pc);
  };
  CHECK(halts_at(kCode + kTrapOffset) == 2);
  CHECK(halts_at(kCode + kTrapOffset + 4) == 2);
  CHECK(halts_at(kCode + 4 * 5) == 1);
  CHECK(bench.hart->interrupts_taken() == 1);
}

TEST_CASE("what DMI grants for reading alone is written by transactions") {
  Bench bench({lui(t0, kDevice), lui(t1, kGranting), addi(a0, x0, 7), sw(a0, t1, 4), lw(a1, t1, 4),
               sw(a1, t0, 0), sw(x0, t0, 0x10), kLoop});
  bench.granting.grants_writes = false;
  bench.granting.bytes.assign(bench.granting.bytes.size(), 0x53);
  sc_core::sc_start();
  CHECK(bench.device.writes.at(0).second == 3);
  CHECK(bench.device.times.at(0) == sc_core::sc_time(8 + 10 + 4 + 10, sc_core::SC_NS));
  CHECK(bench.granting.writes == 1);
  CHECK(bench.granting.reads == 0);
  CHECK(bench.granting.bytes.at(4) == 3);
  CHECK(bench.granting.bytes.at(5) == 0);
  CHECK(bench.granting.bytes.at(8) == 0x53);
}

TEST_CASE("behind such a store the hart goes on, whatever other stores are in its block") {
  // s1, t1: RAM and, behind it, the other memory; t2: from one to the other; a0 and a1: what is stored.
  const auto run = [](const std::vector<std::uint32_t>& block) {
    return test::in_child([&] {
      std::vector<std::uint32_t> program =
          with_handler({lui(s1, kRam), lui(t1, kGranting), lui(t2, 0x1000), addi(a0, x0, 2), addi(a1, x0, 3),
                        addi(s0, x0, 0), kNext});
      program.insert(program.end(), block.begin(), block.end());
      program.insert(program.end(), {sw(s0, t0, 0), sw(x0, t0, 0x10), kLoop});
      Bench bench(program, kTellAndStop);
      bench.granting.bytes.assign(bench.granting.bytes.size(), 0xff);
      bench.granting.grants_writes = false;
      sc_core::sc_start();
      std::uint64_t last = 0;
      std::memcpy(&last, bench.ram.data().data() + 0xff8, sizeof last);
      return fmt::format("s0 {}, {} writes, {} {} {}; RAM {}, {:x}", bench.device.writes.at(0).second,
                         bench.granting.writes, bench.granting.bytes[0], bench.granting.bytes[4],
                         bench.granting.bytes[8], bench.ram_word(0), last);
    });
  };
  const std::uint32_t count = addi(s0, s0, 1);
  CHECK(run({sw(a0, s1, 0), add(s1, s1, t2), count, sw(a1, s1, 4), count}) ==
        "s0 2, 1 writes, 255 3 255; RAM 2, 0");
  CHECK(run({sw(a0, s1, 0), add(s1, s1, t2), count, sw(a1, s1, 0), count}) ==
        "s0 2, 1 writes, 3 255 255; RAM 2, 0");
  CHECK(run({sw(a0, t1, -4u), count, sw(a1, t1, 0), count}) == "s0 2, 1 writes, 3 255 255; RAM 0, 200000000");
  CHECK(run({sw(a0, t1, 0), count, sw(a1, t1, 0), count}) == "s0 2, 2 writes, 2 255 255; RAM 0, 0");
  CHECK(run({sw(a0, t1, 0), count, sw(a0, t1, 0), count}) == "s0 2, 2 writes, 2 255 255; RAM 0, 0");
  CHECK(run({sw(a0, t1, 0), addi(t1, t1, 4), count, sw(a1, t1, 0), count}) ==
        "s0 2, 2 writes, 2 3 255; RAM 0, 0");
  CHECK(run({sw(a0, t1, 8), sw(a0, t1, 4), count, sw(a1, t1, 0), count}) ==
        "s0 2, 3 writes, 3 2 2; RAM 0, 0");
}

TEST_CASE("a store that begins before read-only memory and ends in it faults") {
  Bench bench(with_handler({lui(t1, kGranting), sd(t1, t1, -4u), kLoop}), kTellAndStop);
  bench.granting.grants_writes = false;
  sc_core::sc_start(10, sc_core::SC_US);
  REQUIRE(bench.device.writes.size() == 4);
  CHECK(bench.device.writes[0].second == 7);
  CHECK(bench.device.writes[1].second == kCode + 4 * 5);
  CHECK(bench.granting.writes == 0);
}

TEST_CASE("a step over such a store is one step, and an atomic on such memory faults") {
  constexpr std::uint32_t amoadd_a1_a0_t1 = a0 << 20 | t1 << 15 | 2 << 12 | a1 << 7 | 0x2f;
  Bench bench(with_handler({lui(t1, kGranting), sw(x0, t1, 4), sw(x0, t1, 8), amoadd_a1_a0_t1}),
              kTellAndStop);
  bench.granting.grants_writes = false;
  Script script;
  script.halts.assign(7, [](cpu::DebugTarget&) { return Script::Resume::kStep; });
  bench.hart->attach(script);
  sc_core::sc_start();
  std::vector<std::uint64_t> wanted;
  for (std::uint64_t i = 0; i < 8; ++i) wanted.push_back(kCode + 4 * i);
  CHECK(script.pcs == wanted);
  CHECK(bench.granting.writes == 2);
  REQUIRE(bench.device.writes.size() == 4);
  CHECK(bench.device.writes[0].second == 7);
  CHECK(bench.device.writes[1].second == kCode + 4 * 7);
  CHECK(bench.device.writes[2].second == kGranting);
}

TEST_CASE("once DMI is taken back, every load and store is a transaction") {
  for (const double quantum : {0., 100.}) {
    CAPTURE(quantum);
    CHECK(test::in_child([&] {
            // 1000 rounds; the grant lasts until 500 ns.
            Bench bench({lui(t0, kDevice), lui(t1, kGranting), addi(s0, x0, 1000), lw(a0, t1, 0),
                         addi(a0, a0, 1), sw(a0, t1, 0), addi(s0, s0, -1), bnez_s0_back(4), lw(a0, t1, 0),
                         sw(a0, t0, 0), sw(x0, t0, 0x10), kLoop},
                        {}, true, quantum);
            bench.granting.take_back_at(500);
            sc_core::sc_start();
            const int direct = 1000 - bench.granting.writes;
            return fmt::format("{}, of {} rounds {}", bench.device.writes.at(0).second,
                               direct >= 99 && direct <= 120 ? "about 100" : std::to_string(direct),
                               bench.granting.reads == bench.granting.writes + 1 ? "direct" : "half so");
          }) == "1000, of about 100 rounds direct");
  }
}
