// The DRAM's clock as times of its edges in units of the simulator's resolution. Edge n lies at the first
// unit at or after n x tCK: rounded each time anew, so that no error accumulates.
#pragma once

#include <cstdint>

#include "tlm/dram/config.h"

namespace bitbalance::dram {

class Clock {
 public:
  /// `units`: of the simulator's time, in a picosecond.
  Clock(const Config& config, std::int64_t units)
      : numerator_(config.tck_ps_numerator * units), denominator_(config.tck_ps_denominator) {}

  std::uint64_t time_of(Cycle edge) const {
    return static_cast<std::uint64_t>((edge * numerator_ + denominator_ - 1) / denominator_);
  }
  /// First edge strictly later than a time: the order of what happens at the time itself never matters.
  Cycle after(std::uint64_t time) const { return static_cast<Cycle>(time) * denominator_ / numerator_ + 1; }
  /// Last edge at or before a time.
  Cycle last(std::uint64_t time) const { return static_cast<Cycle>(time) * denominator_ / numerator_; }

 private:
  std::int64_t numerator_, denominator_;
};

}  // namespace bitbalance::dram
