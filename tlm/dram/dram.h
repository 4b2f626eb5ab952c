// A whole DRAM, from the times of requests to the times of answers: order of arrival, all channels, the
// latencies on both sides. Knows addresses and no data, nor any simulator. Below the TLM-2.0 target and level
// `analytic`.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "base/ring.h"
#include "tlm/dram/clock.h"
#include "tlm/dram/controller/channel.h"

namespace bitbalance::dram {

class Dram {
 public:
  using Time = std::uint64_t;  ///< units of the simulator's time
  /// The caller's number of a request until it is answered: small, and used again.
  using RequestId = std::uint32_t;

  struct Request {
    Time time = 0;
    int initiator = 0;
    int channel = 0;  ///< of the initiator
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
    bool is_write = false;
    /// Which bytes are asked for, as TLM-2.0 has it: 0xff is, 0 is not, and the pattern is repeated. nullptr:
    /// all are. Lives until the request is answered.
    const std::uint8_t* byte_enables = nullptr;
    std::uint64_t byte_enable_length = 0;
  };

  class Host {
   public:
    virtual ~Host() = default;
    /// A request reaches the queues; told in the order in which they do. False: it has no burst and is
    /// answered at once.
    virtual bool arrived(RequestId id) = 0;
    /// The time of its answer, which may lie ahead.
    virtual void answered(RequestId id, Time time) = 0;
  };

  /// `units`: of the simulator's time, in a picosecond. Keeps a reference to the host. Throws ConfigError.
  Dram(const Config& config, std::int64_t units, Host& host);

  /// Of one instant requests queue by initiator, then by its channel, then in the order of these calls: in
  /// whatever order initiators run. `request.time`: not before the clock of the last step.
  void request(RequestId id, const Request& request);
  /// Clock at which something happens next; kNever: nothing before another request.
  Cycle next() {
    if (next_ == kToBeAsked) next_ = find_next();
    return next_;
  }
  /// All that happens up to `now`: next().
  void step(Cycle now);

  Time time_of(Cycle clock) const { return clock_.time_of(clock); }
  /// Of all channels, up to `time`, which is not before the last step.
  Counts counts(Time time);
  /// Of the bursts that have come up to `time`: they end with the last of those that are queued then, such as
  /// posted writes, as if nothing came after them.
  std::vector<Statistic> statistics(Time time) const;

 private:
  /// A request on its way to the queues.
  struct Arrival {
    Cycle cycle;
    RequestId id;
    Request request;

    auto order() const { return std::make_tuple(request.time, request.initiator, request.channel); }
  };
  /// One in the queues.
  struct Progress {
    int bursts_left = 0;
    Cycle done = 0;  ///< of the last burst
  };

  void admit(const Arrival& arrival, Cycle now);
  void collect(Channel& channel);
  static constexpr Cycle kToBeAsked = -1;
  Cycle find_next();
  void answer(RequestId id, Cycle done);

  const Config config_;
  const AddressMap map_;
  const Clock clock_;
  const Time request_latency_, response_latency_;
  Host& host_;
  std::vector<Channel> channels_;
  // When something happens next, of all and of each channel; kToBeAsked: something has come since.
  Cycle next_ = kToBeAsked;
  std::vector<Cycle> channel_next_;
  Ring<Arrival> arrivals_;          ///< in their order
  std::vector<Progress> progress_;  ///< by request
};

}  // namespace bitbalance::dram
