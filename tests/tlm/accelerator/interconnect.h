// A bus between accelerator and memory that does all that a bus may do: it maps addresses and never restores
// them, and grants, refuses and takes back parts of what the memory grants by DMI, at random.
#pragma once

#include <cstdint>
#include <random>
#include <systemc>
#include <tlm>

#include "tests/support/names.h"

namespace bitbalance::tlm_level::test {

struct InterconnectOptions {
  std::uint64_t base = 0;     ///< address at which the accelerator sees the memory's first byte
  bool random_dmi = false;    ///< parts of grants, refusals, invalidations; else the memory's own answer
  bool allow_dmi = true;      ///< false: the memory's hints pass, every request is refused
  bool hides_timing = false;  ///< a target that knows nothing of DmiTimingExtension
  std::uint64_t seed = 1;
};

class Interconnect : public sc_core::sc_module,
                     private tlm::tlm_fw_transport_if<>,
                     private tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_target_socket<32> target{"target"};
  tlm::tlm_initiator_socket<32> initiator{"initiator"};

  Interconnect(const sc_core::sc_module_name& name, const InterconnectOptions& options);

  std::uint64_t grants() const { return grants_; }
  std::uint64_t invalidations() const { return invalidations_; }
  /// Another number where non-blocking calls came in another order.
  std::uint64_t call_order() const { return call_order_; }

 private:
  using Payload = tlm::tlm_generic_payload;
  struct Window {
    std::uint64_t first, last;
  };

  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void b_transport(Payload& payload, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) override;
  unsigned transport_dbg(Payload& payload) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) override;

  void invalidate_at_random();
  /// A random part of [first, last] that holds the address.
  Window part(std::uint64_t first, std::uint64_t last, std::uint64_t address);
  void note(const tlm::tlm_phase& phase) { call_order_ = call_order_ * 0x9e3779b97f4a7c15u + phase; }
  void map(Payload& payload) const { payload.set_address(payload.get_address() - options_.base); }

  const InterconnectOptions options_;
  std::mt19937_64 random_;
  std::uint64_t last_ = 0;  ///< the last address that was ever granted
  std::uint64_t grants_ = 0, invalidations_ = 0;
  std::uint64_t call_order_ = 0;
};

}  // namespace bitbalance::tlm_level::test
