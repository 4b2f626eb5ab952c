// A hart with memory, one device and a finisher, and small programs for it, encoded by hand.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/names.h"
#include "tlm/adapter/address_router.h"
#include "tlm/platform/cpu/hart.h"
#include "tlm/platform/finisher.h"
#include "tlm/platform/ram.h"
#include "tlm/platform/register_device.h"

namespace bitbalance::test::hart {

using cpu::Hart;
using cpu::HartConfig;

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
constexpr std::uint32_t lh(std::uint32_t rd, std::uint32_t rs, int offset) {
  return lw(rd, rs, offset) ^ 3 << 12;
}
constexpr std::uint32_t ld(std::uint32_t rd, std::uint32_t rs, int offset) {
  return lw(rd, rs, offset) | 1 << 12;
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
  std::optional<std::uint32_t> read(std::uint64_t offset, unsigned bytes, const sc_core::sc_time&) override {
    if (offset >= 0x40 || (offset == 0x20 && bytes != 4)) return std::nullopt;
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
inline std::vector<std::uint32_t> with_handler(const std::vector<std::uint32_t>& rest) {
  std::vector<std::uint32_t> program = {lui(t0, kDevice), lui(t1, kCode), addi(t1, t1, kTrapOffset),
                                        csrw(mtvec, t1)};
  program.insert(program.end(), rest.begin(), rest.end());
  return program;
}

/// Tells mcause, mepc and mtval to the device and stops.
inline const std::vector<std::uint32_t> kTellAndStop = {csrr(a0, mcause), csrr(a1, mepc), csrr(a2, mtval),
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

inline std::vector<std::uint8_t> bytes_of(const std::vector<std::uint32_t>& words) {
  std::vector<std::uint8_t> bytes(words.size() * sizeof words[0]);
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

}  // namespace bitbalance::test::hart
