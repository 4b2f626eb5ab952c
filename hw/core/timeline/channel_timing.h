// When one channel of the memory port answers under the `ideal` memory: the rules of docs/timing.md ("Memory
// port") as a recurrence over its requests. Below the transfers of every engine and the fetch of commands.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "hw/core/config.h"

namespace bitbalance {

/// Number of a rising clock edge, 0 for the one that starts the program.
using Edge = std::int64_t;
inline constexpr Edge kNever = INT64_MAX;

struct IdealMemoryTiming {
  std::int64_t latency_cycles = 50;
  std::int64_t bytes_per_cycle_numerator = 64;  ///< of each channel; 64 / 5 = 12.8
  std::int64_t bytes_per_cycle_denominator = 5;

  friend bool operator==(const IdealMemoryTiming& a, const IdealMemoryTiming& b) {
    return a.latency_cycles == b.latency_cycles &&
           a.bytes_per_cycle_numerator == b.bytes_per_cycle_numerator &&
           a.bytes_per_cycle_denominator == b.bytes_per_cycle_denominator;
  }
};

class ChannelTiming {
 public:
  ChannelTiming(const IdealMemoryTiming& memory, const DramInterfaceConfig& config)
      : memory_(memory), outstanding_(config.use_nb_transport ? config.max_outstanding : 1) {
    forget();
  }

  /// As if there had never been a request: equal in effect once all have been answered.
  void forget() {
    delivered_.fill(kLongAgo);
    place_ = 0;
    taken_ = taken_before_ = last_delivered_ = end_ = kLongAgo;
    end_fraction_ = 0;
  }

  /// First edge at which the unit can push another request.
  Edge room() const { return taken_before_ + 1; }

  /// Whether all later answers come `cycles` after those that `before` would give.
  bool is_later_by(Edge cycles, const ChannelTiming& before) const {
    if (taken_ - before.taken_ != cycles || taken_before_ - before.taken_before_ != cycles ||
        end_ - before.end_ != cycles || end_fraction_ != before.end_fraction_) {
      return false;
    }
    for (int i = 0; i < outstanding_; ++i) {
      const auto here = static_cast<std::size_t>((place_ + i) % outstanding_);
      const auto there = static_cast<std::size_t>((before.place_ + i) % outstanding_);
      if (delivered_[here] - before.delivered_[there] != cycles) return false;
    }
    return true;
  }

  /// A request pushed at `edge`, at room() or later and after the one before. Returns the edge at which the
  /// unit pops the answer.
  Edge request(Edge edge, std::int64_t bytes) {
    Edge& oldest = delivered_[place_];  // of the requests that may still be without an answer
    if (++place_ == outstanding_) place_ = 0;
    const Edge taken = std::max({edge + 1, taken_ + 1, oldest});
    taken_before_ = taken_;
    taken_ = taken;
    if (taken > end_) {
      end_ = taken;
      end_fraction_ = 0;
    }
    if (bytes != bytes_) set_duration(bytes);
    end_ += duration_;
    end_fraction_ += duration_fraction_;
    if (end_fraction_ >= memory_.bytes_per_cycle_numerator) {
      end_fraction_ -= memory_.bytes_per_cycle_numerator;
      ++end_;
    }
    // The first edge strictly later than the answer; one answer an edge.
    last_delivered_ = std::max(end_ + memory_.latency_cycles + 1, last_delivered_ + 1);
    oldest = last_delivered_;
    return last_delivered_ + 1;
  }

 private:
  static constexpr Edge kLongAgo = INT64_MIN / 4;
  static constexpr int kMostOutstanding = 64;

  void set_duration(std::int64_t bytes) {
    bytes_ = bytes;
    const std::int64_t scaled = bytes * memory_.bytes_per_cycle_denominator;
    duration_ = scaled / memory_.bytes_per_cycle_numerator;
    duration_fraction_ = scaled % memory_.bytes_per_cycle_numerator;
  }

  IdealMemoryTiming memory_;
  int outstanding_;
  std::array<Edge, kMostOutstanding> delivered_;  ///< of the last `outstanding_` requests, a ring
  int place_ = 0;
  Edge taken_ = 0, taken_before_ = 0;  ///< by the port: the last request and the one before
  Edge last_delivered_ = 0;
  Edge end_ = 0;                   ///< the memory has moved all data: whole cycles
  std::int64_t end_fraction_ = 0;  ///< and 1 / numerator of a cycle
  std::int64_t bytes_ = 0, duration_ = 0, duration_fraction_ = 0;  ///< of the last request
};

}  // namespace bitbalance
