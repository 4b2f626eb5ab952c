// Routes transactions to the target that owns their address, in no time, by b_transport, nb_transport, DMI
// and debug transport. A target sees addresses from 0; the initiator gets its address back. What nobody owns,
// or what crosses the end of a target, is a decode error: TLM_ADDRESS_ERROR_RESPONSE. Of responses to an
// initiator that come from several targets at once, the later ones wait: it sees one response phase at a
// time.
#pragma once

#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <systemc>
#include <tlm>
#include <unordered_map>
#include <vector>

#include "tlm/adapter/names.h"

namespace bitbalance::adapter {

class AddressRouter : public sc_core::sc_module {
 public:
  /// Told every transaction when its answer is known. `time`: of the request; `initiator`: in the order of
  /// binding.
  using Observer = std::function<void(const sc_core::sc_time& time, int initiator, const std::string& target,
                                      const tlm::tlm_generic_payload& transaction)>;

  tlm_utils::multi_passthrough_target_socket<AddressRouter> initiators{"initiators"};

  explicit AddressRouter(const sc_core::sc_module_name& name);

  /// Gives addresses [base, base + bytes) to a target. A target with several ports has one bound for each
  /// initiator; one with a single port must answer BEGIN_REQ by TLM_COMPLETED when several initiators use
  /// nb_transport. Throws ConfigError unless there are such addresses and nobody else has any of them; at the
  /// end of elaboration, if a target has several ports, but not one for each initiator.
  template <class Socket>
  void attach(const std::string& name, std::uint64_t base, std::uint64_t bytes, Socket& socket,
              int ports = 1) {
    add({name, base, bytes, target_count_, ports});
    for (int i = 0; i < ports; ++i) targets_.bind(socket);
    target_count_ += ports;
  }
  /// Names of all targets, in the order that they were attached in.
  std::vector<std::string> targets() const;
  void observe(Observer observer) { observer_ = std::move(observer); }
  /// The transaction whose answer became known last, by this module's name: address, initiator and whether it
  /// wrote.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  struct Range {
    std::string name;
    std::uint64_t base, bytes;
    int first_port, ports;

    std::uint64_t last() const { return base + (bytes - 1); }
  };
  /// A transaction by nb_transport that has not been answered.
  struct Pending {
    int initiator;
    const Range* range;
    std::uint64_t address;
    sc_core::sc_time time;
    bool in_request_phase = true;
  };

  /// What an initiator is answered by nb_transport.
  struct Responses {
    struct Held {
      tlm::tlm_generic_payload* transaction;
      sc_core::sc_time time;  ///< at which the target begins
    };
    std::deque<Held> held;                           ///< BEGIN_RESP for later, by time
    tlm::tlm_generic_payload* responding = nullptr;  ///< BEGIN_RESP sent, END_RESP not yet seen
    sc_core::sc_time free_from;                      ///< end of the last response phase

    bool can_begin(const sc_core::sc_time& time) const {
      return responding == nullptr && free_from <= time && (held.empty() || held.front().time > time);
    }
  };

  void end_of_elaboration() override;
  void add(const Range& range);
  const Range* decode(std::uint64_t address, std::uint64_t bytes) const;
  /// The one that owns all addresses of the transaction; nullptr: none does.
  const Range* decode(const tlm::tlm_generic_payload& transaction) const;
  static int port_of(const Range& range, int initiator) {
    return range.first_port + (range.ports > 1 ? initiator : 0);
  }
  void tell(const sc_core::sc_time& time, int initiator, const Range* range,
            const tlm::tlm_generic_payload& transaction);
  void finish(tlm::tlm_generic_payload& transaction);
  Responses& responses_to(int initiator) { return responses_[static_cast<std::size_t>(initiator)]; }
  /// Keeps a BEGIN_RESP until that time, or until the one before has ended.
  void hold(int initiator, tlm::tlm_generic_payload& transaction, const sc_core::sc_time& time);
  void end_response(int initiator, const sc_core::sc_time& time);
  /// Sends what was held and can begin now, and plans the next call.
  void send_held();
  void send_first_held(int initiator);

  void b_transport(int initiator, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(int initiator, tlm::tlm_generic_payload& transaction,
                                     tlm::tlm_phase& phase, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_bw(int port, tlm::tlm_generic_payload& transaction, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  bool get_direct_mem_ptr(int initiator, tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi);
  void invalidate_direct_mem_ptr(int port, sc_dt::uint64 first, sc_dt::uint64 last);
  unsigned transport_dbg(int initiator, tlm::tlm_generic_payload& transaction);

  tlm_utils::multi_passthrough_initiator_socket<AddressRouter> targets_{"targets"};
  int target_count_ = 0;
  std::vector<Range> ranges_;
  std::unordered_map<const tlm::tlm_generic_payload*, Pending> pending_;
  std::vector<Responses> responses_;  ///< by initiator
  sc_core::sc_event send_held_event_;
  Observer observer_;
  std::uint64_t last_address_ = 0;
  int last_initiator_ = 0;
  bool last_write_ = false;
};

}  // namespace bitbalance::adapter
