// When one channel of the memory port answers under the `ideal` memory: the rules of docs/timing.md ("Memory
// port") as a recurrence over its requests. Below the transfers of every engine and the fetch of commands.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "hw/isa/config.h"
#include "hw/isa/edge.h"

namespace bitbalance::isa {

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

/// How long the memory moves the data of a request, in whole cycles and parts of one, by its bytes.
class DataDurations {
 public:
  struct Duration {
    std::int64_t cycles = 0;
    std::int64_t fraction = 0;  ///< in 1 / bytes_per_cycle_numerator
  };

  explicit DataDurations(const IdealMemoryTiming& memory) {
    const std::int64_t whole = memory.bytes_per_cycle_numerator;
    const Duration byte{memory.bytes_per_cycle_denominator / whole,
                        memory.bytes_per_cycle_denominator % whole};
    for (std::size_t bytes = 1; bytes < durations_.size(); ++bytes) {
      Duration sum = durations_[bytes - 1];
      sum.cycles += byte.cycles;
      sum.fraction += byte.fraction;
      if (sum.fraction >= whole) {
        sum.fraction -= whole;
        ++sum.cycles;
      }
      durations_[bytes] = sum;
    }
  }

  const Duration& of(std::int64_t bytes) const { return durations_[bytes]; }

 private:
  std::array<Duration, DramInterfaceConfig::kMostBurstBytes + 1> durations_{};
};

class ChannelTiming {
 public:
  ChannelTiming(const IdealMemoryTiming& memory, const DramInterfaceConfig& config)
      : memory_(memory), outstanding_(config.use_nb_transport ? config.max_outstanding : 1) {
    forget();
  }

  /// As if there had never been a request: equal in effect once all have been answered.
  void forget() {
    std::fill_n(delivered_.begin(), outstanding_, kLongAgo);
    place_ = 0;
    taken_ = taken_before_ = last_delivered_ = end_ = kLongAgo;
    end_fraction_ = 0;
  }

  /// Requests without an answer, at most.
  int outstanding() const { return outstanding_; }
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

  /// A request pushed at `edge`, at room() or later and after the one before; `duration`: of its data.
  /// Returns the edge at which the unit pops the answer.
  Edge request(Edge edge, const DataDurations::Duration& duration) {
    Edge& oldest = delivered_[place_];  // of the requests that may still be without an answer
    if (++place_ == outstanding_) place_ = 0;
    const Edge taken = std::max({edge + 1, taken_ + 1, oldest});
    taken_before_ = taken_;
    taken_ = taken;
    if (taken > end_) {
      end_ = taken;
      end_fraction_ = 0;
    }
    end_ += duration.cycles;
    end_fraction_ += duration.fraction;
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

  IdealMemoryTiming memory_;
  int outstanding_;
  std::array<Edge, kMostOutstanding> delivered_;  ///< of the last `outstanding_` requests, a ring
  int place_ = 0;
  Edge taken_ = 0, taken_before_ = 0;  ///< by the port: the last request and the one before
  Edge last_delivered_ = 0;
  Edge end_ = 0;                   ///< the memory has moved all data: whole cycles
  std::int64_t end_fraction_ = 0;  ///< and 1 / numerator of a cycle
};

}  // namespace bitbalance::isa
