// A processor's place on a bus or at a device: single accesses at a time of one's choosing.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <systemc>
#include <tlm>

namespace bitbalance::test {

class Initiator : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Initiator> socket{"socket"};

  explicit Initiator(const sc_core::sc_module_name& name) : sc_module(name) {}

  tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t address, std::uint32_t& value,
                                  double delay_ns = 0, unsigned bytes = 4) {
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(bytes);
    payload.set_streaming_width(bytes);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_time delay(delay_ns, sc_core::SC_NS);
    socket->b_transport(payload, delay);
    return payload.get_response_status();
  }
  std::uint32_t read(std::uint64_t address, double delay_ns = 0) {
    std::uint32_t value = 0;
    status = access(tlm::TLM_READ_COMMAND, address, value, delay_ns);
    return value;
  }
  void write(std::uint64_t address, std::uint32_t value, double delay_ns = 0) {
    status = access(tlm::TLM_WRITE_COMMAND, address, value, delay_ns);
  }
  /// Lets the simulation reach a time.
  static void until(double ns) {
    sc_core::sc_start(sc_core::sc_time(ns, sc_core::SC_NS) - sc_core::sc_time_stamp());
  }

  tlm::tlm_generic_payload payload;
  tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;  ///< of the last read() or write()
};

}  // namespace bitbalance::test
