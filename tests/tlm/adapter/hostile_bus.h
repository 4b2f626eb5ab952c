// A bus that takes every liberty an interconnect may take, and some that it may not: it splits bursts, leaves
// the address of the last piece in the payload, takes its time, denies DMI, and may set no status.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <systemc>
#include <tlm>

namespace bitbalance::test {

struct HostileBusOptions {
  std::uint64_t seed = 1;
  std::uint64_t base = 0;      ///< address at which the memory's first byte is seen
  bool sets_status = true;     ///< false: what the initiator finds is what it wrote itself
  std::int64_t fails_at = -1;  ///< number of the burst that ends in an error halfway; -1: none
};

class HostileBus : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<HostileBus> target{"target"};
  tlm_utils::simple_initiator_socket<HostileBus> initiator{"initiator"};

  HostileBus(const sc_core::sc_module_name& name, const HostileBusOptions& options)
      : sc_module(name), options_(options), random_(options.seed) {
    target.register_b_transport(this, &HostileBus::b_transport);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const bool fails = bursts_++ == options_.fails_at;
    const std::uint64_t first = payload.get_address() - options_.base;
    const unsigned bytes = payload.get_data_length();
    tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
    for (unsigned at = 0; at < bytes && status == tlm::TLM_OK_RESPONSE;) {
      const unsigned piece = std::min(bytes - at, static_cast<unsigned>(random_() % 16 + 1));
      payload.set_address(first + at);
      status = pass_on(payload, at, piece, delay);
      at += piece;
      if (random_() % 4 == 0) {
        wait(delay + some_time());
        delay = sc_core::SC_ZERO_TIME;
      } else {
        delay += some_time();
      }
      if (fails && 2 * at >= bytes) status = tlm::TLM_GENERIC_ERROR_RESPONSE;
    }
    if (options_.sets_status) payload.set_response_status(status);
  }
  tlm::tlm_response_status pass_on(const tlm::tlm_generic_payload& whole, unsigned at, unsigned bytes,
                                   sc_core::sc_time& delay) {
    tlm::tlm_generic_payload piece;
    piece.set_command(whole.get_command());
    piece.set_address(whole.get_address());
    piece.set_data_ptr(whole.get_data_ptr() + at);
    piece.set_data_length(bytes);
    piece.set_streaming_width(bytes);
    initiator->b_transport(piece, delay);
    return piece.get_response_status();
  }
  sc_core::sc_time some_time() { return {static_cast<double>(random_() % 30), sc_core::SC_NS}; }

  const HostileBusOptions options_;
  std::mt19937_64 random_;
  std::int64_t bursts_ = 0;
};

}  // namespace bitbalance::test
