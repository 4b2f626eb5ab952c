// A memory whose every answer depends on the burst and on the time of its request, and on nothing else:
// whichever level sends the bursts, it answers alike. Takes all ways that the base protocol allows.
#pragma once

#include <tlm_utils/peq_with_get.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <systemc>
#include <tlm>
#include <vector>

#include "tests/support/names.h"
#include "tlm/memory/memory_array.h"

namespace bitbalance::tlm_level::test {

class HashedMemory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<HashedMemory> socket;

  HashedMemory(const sc_core::sc_module_name& name, std::uint64_t bytes, std::uint64_t seed);

  std::vector<std::uint8_t>& data() { return array_.data(); }
  /// Bursts that touch [begin, end) end in an error, or never.
  void set_errors(std::uint64_t begin, std::uint64_t end, bool never) {
    error_begin_ = begin;
    error_end_ = end;
    is_silent_ = never;
  }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& transaction, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  bool is_faulty(const tlm::tlm_generic_payload& transaction) const;
  void perform(tlm::tlm_generic_payload& transaction);
  void end_requests();
  void respond();
  /// Of the burst at the present time.
  std::uint64_t hash(const tlm::tlm_generic_payload& transaction) const;

  MemoryArray array_;
  const std::uint64_t seed_;
  std::uint64_t error_begin_ = 0, error_end_ = 0;
  bool is_silent_ = false;
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> requests_{"requests"}, responses_{"responses"};
};

}  // namespace bitbalance::tlm_level::test
