// Somebody else's memory: knows nothing of the accelerator or of our memory models, nothing but TLM-2.0. One
// bank with one open row; data of one transaction at a time on its bus.
#pragma once

#include <tlm_utils/peq_with_get.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <systemc>
#include <tlm>
#include <vector>

namespace example {

class OwnMemory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<OwnMemory> socket{"socket"};

  OwnMemory(const sc_core::sc_module_name& name, std::size_t bytes) : sc_module(name), bytes_(bytes) {
    SC_HAS_PROCESS(OwnMemory);
    socket.register_nb_transport_fw(this, &OwnMemory::nb_transport_fw);
    socket.register_b_transport(this, &OwnMemory::b_transport);
    socket.register_transport_dbg(this, &OwnMemory::transport_dbg);
    SC_METHOD(respond);
    sensitive << done_.get_event();
    dont_initialize();
  }

 private:
  static constexpr std::uint64_t kRowBytes = 4096;

  /// From now on, `delay` included: the row, if it is another one, then 16 bytes a nanosecond.
  sc_core::sc_time serve(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay) {
    const std::uint64_t row = payload.get_address() / kRowBytes;
    const sc_core::sc_time begin = std::max(sc_core::sc_time_stamp() + delay, free_from_);
    const double ns = (row == open_row_ ? 0 : 30) + payload.get_data_length() / 16.0;
    open_row_ = row;
    free_from_ = begin + sc_core::sc_time(ns, sc_core::SC_NS);
    payload.set_response_status(transport_dbg(payload) == payload.get_data_length()
                                    ? tlm::TLM_OK_RESPONSE
                                    : tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return free_from_ + sc_core::sc_time(20, sc_core::SC_NS) - sc_core::sc_time_stamp();
  }

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    delay = serve(payload, delay);
  }

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
    if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;
    payload.acquire();
    done_.notify(payload, serve(payload, delay));
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }

  void respond() {
    while (tlm::tlm_generic_payload* payload = done_.get_next_transaction()) {
      tlm::tlm_phase phase = tlm::BEGIN_RESP;
      sc_core::sc_time delay;
      // The accelerator ends a response at once; an initiator that may not would need a queue here.
      socket->nb_transport_bw(*payload, phase, delay);
      payload->release();
    }
  }

  unsigned transport_dbg(tlm::tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    if (address >= bytes_.size()) return 0;
    const std::size_t count = std::min<std::size_t>(payload.get_data_length(), bytes_.size() - address);
    if (payload.is_write()) {
      std::memcpy(&bytes_[address], payload.get_data_ptr(), count);
    } else {
      std::memcpy(payload.get_data_ptr(), &bytes_[address], count);
    }
    return static_cast<unsigned>(count);
  }

  std::vector<std::uint8_t> bytes_;
  std::uint64_t open_row_ = ~std::uint64_t{0};
  sc_core::sc_time free_from_;
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> done_{"done"};
};

}  // namespace example
