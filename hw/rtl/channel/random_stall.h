// Random back-pressure for tests: decides from a seed and the cycle alone, so that a run is repeatable and
// independent of the order of units.
#pragma once

#include <cstdint>
#include <systemc>

#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class RandomStall {
 public:
  /// `percent` of the cycles are refused on each side, 0..95; `period` of the clock.
  RandomStall(std::uint64_t seed, unsigned percent, const sc_core::sc_time& period)
      : seed_(seed), percent_(percent), period_(period.value()) {}

  bool blocks_push() const { return draw(0x9e3779b97f4a7c15ull); }
  bool blocks_pop() const { return draw(0xd1b54a32d192ed03ull); }

 private:
  bool draw(std::uint64_t side) const;

  std::uint64_t seed_;
  unsigned percent_;
  std::uint64_t period_;
};

}  // namespace bitbalance::rtl
