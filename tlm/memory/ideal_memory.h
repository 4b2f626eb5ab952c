// The `ideal` memory: a fixed latency and an exact rational bandwidth, each for every channel of every
// initiator on its own: none waits for another, so that answers depend on nobody's order. Answers at once
// with an annotated delay, so that it costs no process; to an initiator that asks for DMI it tells its
// timing, too. docs/timing.md has its rule.
#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <array>
#include <cstdint>
#include <systemc>
#include <tlm>
#include <vector>

#include "hw/port/memory_channel_extension.h"
#include "tlm/memory/memory_array.h"
#include "tlm/memory/memory_model.h"

namespace bitbalance::memory {

struct IdealMemoryConfig {
  std::uint64_t bytes = 0;  ///< size; addresses from 0
  std::uint32_t latency_cycles = 50;
  std::uint32_t bytes_per_cycle_numerator = 64;  ///< of each channel; 64 / 5 = 12.8
  std::uint32_t bytes_per_cycle_denominator = 5;
  sc_core::sc_time clock_period{1, sc_core::SC_NS};
  bool allow_dmi = true;
};

/// Throws ConfigError.
void check(const IdealMemoryConfig& config);

class IdealMemory : public MemoryModel {
 public:
  /// A module around it exports it by a socket of the same kind: through a tlm_target_socket, the first
  /// access is an error.
  tlm_utils::multi_passthrough_target_socket<IdealMemory> socket;

  IdealMemory(const sc_core::sc_module_name& name, const IdealMemoryConfig& config);

  Socket& target() override { return socket; }
  bool has_ports() const override { return true; }
  unsigned debug_access(tlm::tlm_generic_payload& transaction) override {
    return array_.debug_access(transaction);
  }

  std::vector<std::uint8_t>& data() { return array_.data(); }
  const std::vector<std::uint8_t>& data() const { return array_.data(); }

 private:
  /// When a channel has moved all its data: whole time units and a fraction of one, in 1 / numerator.
  struct ChannelEnd {
    std::uint64_t whole = 0;
    std::uint64_t fraction = 0;
  };

  void end_of_elaboration() override { ends_.resize(socket.size()); }
  tlm::tlm_sync_enum nb_transport_fw(int port, tlm::tlm_generic_payload& transaction, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void b_transport(int port, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(int port, tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi);
  unsigned transport_dbg(int /*port*/, tlm::tlm_generic_payload& transaction) {
    return debug_access(transaction);
  }

  const IdealMemoryConfig config_;
  MemoryArray array_;
  std::vector<std::array<ChannelEnd, kMemoryChannels>> ends_;  ///< by port
};

}  // namespace bitbalance::memory
