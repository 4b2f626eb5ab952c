// The `timed` memory: a DRAM behind TLM-2.0, approximately timed (four phases) and loosely timed
// (b_transport waits), for any number of initiators. docs/dram.md has its rules.
#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <queue>
#include <systemc>
#include <tlm>
#include <tuple>
#include <vector>

#include "tlm/dram/dram.h"
#include "tlm/memory/memory_array.h"
#include "tlm/memory/memory_model.h"

namespace bitbalance::dram {

class TimedMemory : public MemoryModel, private Dram::Host {
 public:
  /// A module around it exports it by a socket of the same kind: through a tlm_target_socket, the first
  /// access is an error.
  tlm_utils::multi_passthrough_target_socket<TimedMemory> socket;

  /// `bytes`: size of what is kept; addresses from 0. Throws std::invalid_argument when the parameters are
  /// invalid or the DRAM is smaller.
  TimedMemory(const sc_core::sc_module_name& name, const Config& config, std::uint64_t bytes);

  Socket& target() override { return socket; }
  bool has_ports() const override { return true; }
  unsigned debug_access(tlm::tlm_generic_payload& transaction) override {
    return array_.debug_access(transaction);
  }
  std::vector<Statistic> statistics() override { return dram_.statistics(sc_core::sc_time_stamp().value()); }
  /// Of all channels, up to now.
  Counts counts() { return dram_.counts(sc_core::sc_time_stamp().value()); }

  std::vector<std::uint8_t>& data() { return array_.data(); }

 private:
  using Time = Dram::Time;
  using AccessIndex = Dram::RequestId;

  /// A transaction from request to answer.
  struct Access {
    tlm::tlm_generic_payload* payload = nullptr;  ///< nullptr: its process was ended while it waited
    int port = 0;                                 ///< which initiator
    std::unique_ptr<sc_core::sc_event> answered;  ///< b_transport waits for it
    bool is_blocking = false;
  };
  struct Answer {
    Time time;
    std::uint64_t number;  ///< among equal times in the order in which they were decided
    AccessIndex access;
    bool operator>(const Answer& o) const { return std::tie(time, number) > std::tie(o.time, o.number); }
  };
  /// The response phase of an initiator.
  struct Port {
    std::deque<AccessIndex> ready;
    tlm::tlm_generic_payload* responding = nullptr;  ///< BEGIN_RESP sent, END_RESP not yet seen
    Time free_from = 0;                              ///< end of the last response phase
  };

  tlm::tlm_sync_enum nb_transport_fw(int port, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void b_transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(int /*port*/, tlm::tlm_generic_payload& payload) { return debug_access(payload); }

  void wait_for_answer(AccessIndex index);
  AccessIndex request(int port, tlm::tlm_generic_payload& payload, Time time);
  Access& access(AccessIndex index) { return accesses_[index]; }
  Port& port(int index) { return ports_[index]; }
  void end_of_elaboration() override { ports_.resize(socket.size()); }

  // The DRAM's host. The data moves when a request arrives; what follows is timing.
  bool arrived(AccessIndex index) override;
  void answered(AccessIndex index, Time time) override;

  void on_clock();
  void plan();
  void on_answer();
  void plan_answers();
  void respond(int port);
  void end_response(int port, Time time);

  Dram dram_;
  MemoryArray array_;

  std::deque<Access> accesses_;
  std::vector<AccessIndex> free_;
  Cycle planned_ = kNever;  ///< edge at which clock_event_ comes
  sc_core::sc_event clock_event_;

  std::priority_queue<Answer, std::vector<Answer>, std::greater<>> answers_;
  std::uint64_t answer_count_ = 0;
  sc_core::sc_event answer_event_;
  std::vector<Port> ports_;
};

}  // namespace bitbalance::dram
