#include "hw/rtl/stall.h"

namespace bitbalance::rtl {

bool Stall::draw(std::uint64_t side) const {
  std::uint64_t x = sc_core::sc_time_stamp().value() / period_ + seed_ * side;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;  // splitmix64 (Steele, Lea, Flood 2014)
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return (x ^ (x >> 31)) % 100 < percent_;
}

}  // namespace bitbalance::rtl
