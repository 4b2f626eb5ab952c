#include "tlm/platform/clint.h"

#include <algorithm>

namespace bitbalance::platform {
namespace {

constexpr std::uint64_t with_half(std::uint64_t whole, bool upper, std::uint32_t half) {
  return upper ? (whole & 0xffffffff) | std::uint64_t{half} << 32
               : (whole & ~std::uint64_t{0xffffffff}) | half;
}

constexpr std::uint32_t half_of(std::uint64_t whole, bool upper) {
  return static_cast<std::uint32_t>(upper ? whole >> 32 : whole);
}

}  // namespace

Clint::Clint(const sc_core::sc_module_name& name, const sc_core::sc_time& tick)
    : RegisterDevice(name), tick_(tick) {
  SC_HAS_PROCESS(Clint);
  SC_METHOD(update);
  sensitive << update_event_;
}

std::uint64_t Clint::mtime(const sc_core::sc_time& delay) const {
  return (sc_core::sc_time_stamp() + delay).value() / tick_.value();
}

std::optional<std::uint32_t> Clint::read(std::uint64_t offset, unsigned bytes,
                                         const sc_core::sc_time& delay) {
  if (bytes != 4) return std::nullopt;
  const bool upper = offset % 8 != 0;
  if (offset == kMsip) return written_.software ? 1 : 0;
  if (offset - offset % 8 == kMtimecmp) return half_of(written_.compare, upper);
  if (offset - offset % 8 == kMtime) return half_of(mtime(delay), upper);
  return std::nullopt;
}

bool Clint::write(std::uint64_t offset, unsigned bytes, std::uint32_t value, sc_core::sc_time& delay) {
  if (bytes != 4) return false;
  if (offset == kMsip) {
    written_.software = (value & 1) != 0;
  } else if (offset - offset % 8 == kMtimecmp) {
    written_.compare = with_half(written_.compare, offset % 8 != 0, value);
  } else {
    return false;
  }
  written_.from = std::max(written_.from, sc_core::sc_time_stamp() + delay);
  to_come_.push_back(written_);
  update_event_.notify(written_.from - sc_core::sc_time_stamp());  // an earlier one stays
  return true;
}

void Clint::update() {
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  for (; !to_come_.empty() && to_come_.front().from <= now; to_come_.pop_front()) shown_ = to_come_.front();
  if (!to_come_.empty()) update_event_.notify(to_come_.front().from - now);
  software_interrupt.write(shown_.software);
  const bool due = mtime(sc_core::SC_ZERO_TIME) >= shown_.compare;
  timer_interrupt.write(due);
  const std::uint64_t latest =
      ~std::uint64_t{0} / tick_.value();  // ticks that the simulation's time can express
  if (!due && shown_.compare <= latest)
    update_event_.notify(sc_core::sc_time::from_value(shown_.compare * tick_.value()) - now);
}

}  // namespace bitbalance::platform
