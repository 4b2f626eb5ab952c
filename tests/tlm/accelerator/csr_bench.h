// The `csr` socket of an accelerator of either level, with a bus master in front of it.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <systemc>
#include <tlm>

#include "hw/isa/registers.h"
#include "hw/rtl/accelerator.h"
#include "tests/support/child.h"
#include "tests/support/names.h"
#include "tests/tlm/accelerator/level_bench.h"
#include "tlm/accelerator/accelerator.h"
#include "tlm/check/protocol_checker.h"
#include "tlm/memory/ideal_memory.h"

namespace bitbalance::tlm_level::test {

using namespace bitbalance::test;
using sc_core::SC_NS;
using sc_core::sc_time;

/// Within a child: what is wrong comes out as its result.
inline void require(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error("not true: " + what);
}

inline constexpr std::uint64_t kMemoryBytes = 1 << 20;

/// An accelerator of either level, and a bus master that does what the test says.
struct CsrBench : sc_core::sc_module, tlm::tlm_mm_interface {
  tlm_utils::simple_initiator_socket<CsrBench> bus{"bus"};
  ProtocolChecker checker{"checker"};
  sc_core::sc_signal<bool> irq{"irq"};
  sc_core::sc_clock clock{"clock", 1, SC_NS};
  sc_core::sc_signal<bool> reset{"reset"};
  IdealMemory memory;
  std::unique_ptr<rtl::Accelerator> rtl_accelerator;
  std::unique_ptr<tlm_level::Accelerator> tlm_accelerator;
  sc_time irq_time;
  tlm::tlm_generic_payload payload{this};
  std::uint32_t word = 0;
  port::ResponseEnd response_end = port::ResponseEnd::kCompleted;  ///< of the bus
  bool answered = false;

  CsrBench(const sc_core::sc_module_name& name, Level level, const AcceleratorConfig& config,
           const AcceleratorOptions& options)
      : sc_module(name), memory("memory", sized()) {
    SC_HAS_PROCESS(CsrBench);
    bus.register_nb_transport_bw(this, &CsrBench::nb_transport_bw);
    bus.bind(checker.target);
    if (level == Level::kRtl) {
      rtl_accelerator = std::make_unique<rtl::Accelerator>("accelerator", config, options);
      rtl_accelerator->clk(clock);
      rtl_accelerator->rst(reset);
      connect(*rtl_accelerator);
    } else {
      tlm_accelerator = std::make_unique<tlm_level::Accelerator>("accelerator", config, options);
      connect(*tlm_accelerator);
    }
    SC_METHOD(on_irq);
    sensitive << irq.posedge_event();
    dont_initialize();
    payload.acquire();
  }
  template <class Accelerator>
  void connect(Accelerator& accelerator) {
    checker.initiator.bind(accelerator.csr);
    accelerator.mem.bind(memory.socket);
    accelerator.irq(irq);
  }
  Profile& profile() { return rtl_accelerator ? rtl_accelerator->profile() : tlm_accelerator->profile(); }
  static IdealMemoryConfig sized() {
    IdealMemoryConfig config;
    config.bytes = kMemoryBytes;
    return config;
  }
  void on_irq() { irq_time = sc_core::sc_time_stamp(); }
  void free(tlm::tlm_generic_payload*) override {}
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_time&) {
    if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
    answered = true;
    if (response_end == port::ResponseEnd::kForward) return tlm::TLM_ACCEPTED;
    if (response_end == port::ResponseEnd::kCompleted) return tlm::TLM_COMPLETED;
    phase = tlm::END_RESP;
    return tlm::TLM_UPDATED;
  }
  tlm::tlm_generic_payload& prepare(tlm::tlm_command command, Register target, std::uint32_t value) {
    word = value;
    payload.set_command(command);
    payload.set_address(offset_of(target));
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&word));
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return payload;
  }
  void write(Register target, std::uint32_t value, double delay_ns = 0) {
    sc_time delay(delay_ns, SC_NS);
    bus->b_transport(prepare(tlm::TLM_WRITE_COMMAND, target, value), delay);
    require(payload.is_response_ok(), "write answered with OK");
  }
  std::uint32_t read(Register source, sc_time delay = sc_core::SC_ZERO_TIME) {
    const sc_time time = sc_core::sc_time_stamp() + delay;
    bus->b_transport(prepare(tlm::TLM_READ_COMMAND, source, 0), delay);
    require(sc_core::sc_time_stamp() + delay == time, "answered at the time of the read");
    require(payload.is_response_ok(), "read answered with OK");
    return word;
  }
};

/// What `act` says on an accelerator of each level: the same.
inline std::string on_both_levels(const std::function<std::string(CsrBench&)>& act,
                                  const AcceleratorConfig& config = {},
                                  const AcceleratorOptions& options = {}) {
  const auto on = [&](Level level) {
    return in_child([&] {
      CsrBench bench("bench", level, config, options);
      sc_core::sc_start(sc_core::SC_ZERO_TIME);
      const std::string result = act(bench);
      return result + bench.checker.text();
    });
  };
  std::string clocked = on(Level::kRtl);
  CHECK(on(Level::kTlm) == clocked);
  return clocked;
}

}  // namespace bitbalance::tlm_level::test
