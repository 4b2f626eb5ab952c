#include "hw/rtl/channel/random_stall.h"

namespace bitbalance::rtl {

bool RandomStall::draw(std::uint64_t side) const {
  // The edge of now or, after the clock has fallen, the next one.
  const std::uint64_t edge = (sc_core::sc_time_stamp().value() + period_ / 2) / period_;
  std::uint64_t x = edge + seed_ * side;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;  // splitmix64 (Steele, Lea, Flood 2014)
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return (x ^ (x >> 31)) % 100 < percent_;
}

}  // namespace bitbalance::rtl
