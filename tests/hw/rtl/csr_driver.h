// A bus master for tests: register reads and writes without time.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <catch2/catch.hpp>
#include <cstdint>
#include <systemc>
#include <tlm>

#include "hw/isa/registers.h"
#include "tests/support/names.h"

namespace bitbalance::rtl::test {

class CsrDriver : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<CsrDriver, 32> socket;

  explicit CsrDriver(const sc_core::sc_module_name& name) : sc_module(name), socket("socket") {}

  std::uint32_t read(Register r) {
    std::uint32_t value = 0;
    access(tlm::TLM_READ_COMMAND, r, value);
    return value;
  }
  void write(Register r, std::uint32_t value) { access(tlm::TLM_WRITE_COMMAND, r, value); }

 private:
  void access(tlm::tlm_command command, Register r, std::uint32_t& value) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(offset_of(r));
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    sc_core::sc_time delay;
    socket->b_transport(payload, delay);
    REQUIRE(payload.is_response_ok());
  }
};

}  // namespace bitbalance::rtl::test
