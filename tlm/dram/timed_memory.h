// The `timed` memory: DRAM channels behind TLM-2.0, approximately timed (four phases) and loosely timed
// (b_transport waits), for any number of initiators. docs/dram.md has its rules.
#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <queue>
#include <set>
#include <systemc>
#include <tlm>
#include <tuple>
#include <vector>

#include "tlm/dram/channel.h"
#include "tlm/dram/clock.h"
#include "tlm/memory/memory_array.h"
#include "tlm/memory/memory_model.h"

namespace bitbalance::dram {

class TimedMemory : public MemoryModel {
 public:
  tlm_utils::multi_passthrough_target_socket<TimedMemory> socket;

  /// `bytes`: size of what is kept; addresses from 0. Throws std::invalid_argument when the parameters are
  /// invalid or the DRAM is smaller.
  TimedMemory(const sc_core::sc_module_name& name, const Config& config, std::uint64_t bytes);

  Socket& target() override { return socket; }
  unsigned debug_access(tlm::tlm_generic_payload& transaction) override {
    return array_.debug_access(transaction);
  }
  std::vector<Statistic> statistics() override;
  /// Of all channels, up to now.
  Counts counts();

  std::vector<std::uint8_t>& data() { return array_.data(); }

 private:
  using Time = std::uint64_t;  ///< units of the simulator's time

  /// A transaction from request to answer.
  struct Access {
    tlm::tlm_generic_payload* payload = nullptr;
    int port = 0;                                 ///< which initiator
    std::unique_ptr<sc_core::sc_event> answered;  ///< b_transport waits for it
    bool is_blocking = false;
    int bursts_left = 0;
    Cycle done = 0;  ///< of the last burst
  };
  using AccessIndex = std::uint32_t;

  /// Order in which requests reach the queues: of one instant by initiator, then by channel of the
  /// accelerator, then by call. So it does not matter in which order initiators run.
  struct Arrival {
    Cycle cycle;
    Time requested;
    int port;
    int channel;  ///< MemoryChannel; without the extension 0
    std::uint64_t call;
    AccessIndex access;
    bool operator<(const Arrival& o) const {
      return std::tie(cycle, requested, port, channel, call) <
             std::tie(o.cycle, o.requested, o.port, o.channel, o.call);
    }
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

  AccessIndex request(int port, tlm::tlm_generic_payload& payload, Time time);
  Access& access(AccessIndex index) { return accesses_[index]; }
  Port& port(int index) { return ports_[index]; }
  void end_of_elaboration() override { ports_.resize(socket.size()); }

  void on_clock();
  void plan();
  void admit(AccessIndex index, Cycle now);
  void collect(Channel& channel);
  void answer_at(AccessIndex index, Cycle done);
  void on_answer();
  void plan_answers();
  void respond(int port);
  void end_response(int port, Time time);

  const Config config_;
  const AddressMap map_;
  const std::int64_t units_per_ps_;
  const Clock clock_;
  MemoryArray array_;
  std::vector<Channel> channels_;

  std::deque<Access> accesses_;
  std::vector<AccessIndex> free_;
  std::set<Arrival> arrivals_;
  std::uint64_t calls_ = 0;
  Cycle planned_ = kNever;  ///< edge at which clock_event_ comes
  sc_core::sc_event clock_event_;

  std::priority_queue<Answer, std::vector<Answer>, std::greater<>> answers_;
  std::uint64_t answer_count_ = 0;
  sc_core::sc_event answer_event_;
  std::vector<Port> ports_;
};

}  // namespace bitbalance::dram
