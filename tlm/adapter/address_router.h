// Routes transactions to the target that owns their address, in no time, by b_transport, nb_transport, DMI
// and debug transport. A target sees addresses from 0; the initiator gets its address back. What nobody owns,
// or what crosses the end of a target, is a decode error: TLM_ADDRESS_ERROR_RESPONSE. Of requests that come
// from several initiators to one port at once, the later ones wait: a target sees one request phase at a
// time. A request ahead of time waits for its time there, so that it keeps out no earlier one. Responses to
// an initiator that come from several targets wait, too: it sees one response phase at a time.
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
  /// initiator; one with a single port gets the requests of all of them, one after the other. Throws
  /// ConfigError unless there are such addresses and nobody else has any of them; at the end of elaboration,
  /// if a target has several ports, but not one for each initiator.
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
    int initiator, port;
    const Range* range;
    std::uint64_t address;
    sc_core::sc_time time;
    bool at_target = false;  ///< it has seen BEGIN_REQ and has not completed it
  };

  /// The requests to a port, or the responses to an initiator: one phase at a time (IEEE 1666-2011, 15.2.6).
  struct Phases {
    struct Held {
      tlm::tlm_generic_payload* transaction;
      sc_core::sc_time time;  ///< at which its sender begins
    };
    std::deque<Held> held;                       ///< for later, by time
    tlm::tlm_generic_payload* active = nullptr;  ///< begun, its end not yet seen
    sc_core::sc_time free_from;                  ///< end of the last phase

    bool can_begin(const sc_core::sc_time& time) const {
      return active == nullptr && free_from <= time && (held.empty() || held.front().time > time);
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
  Phases& requests_to(int port) { return requests_[static_cast<std::size_t>(port)]; }
  Phases& responses_to(int initiator) { return responses_[static_cast<std::size_t>(initiator)]; }
  /// Keeps a BEGIN_REQ or BEGIN_RESP until that time, or until the one before has ended.
  void hold(Phases& phases, tlm::tlm_generic_payload& transaction, const sc_core::sc_time& time);
  /// Whether the transaction's phase was not over before.
  bool end(Phases& phases, const tlm::tlm_generic_payload& transaction, const sc_core::sc_time& time);
  /// Sends what was held and can begin now, and plans the next call.
  void send_held();
  void send_first_request(int port);
  void send_first_response(int initiator);
  /// Calls the target. A BEGIN_RESP that it returns is held, and END_REQ returned in its place.
  tlm::tlm_sync_enum call_target(Pending& pending, tlm::tlm_generic_payload& transaction,
                                 tlm::tlm_phase& phase, sc_core::sc_time& delay);

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
  std::vector<Phases> requests_;   ///< by port
  std::vector<Phases> responses_;  ///< by initiator
  sc_core::sc_event send_held_event_;
  Observer observer_;
  std::uint64_t last_address_ = 0;
  int last_initiator_ = 0;
  bool last_write_ = false;
};

}  // namespace bitbalance::adapter
