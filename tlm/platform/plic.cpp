#include "tlm/platform/plic.h"

namespace bitbalance::platform {

Plic::Plic(const sc_core::sc_module_name& name, unsigned sources)
    : RegisterDevice(name), lines("lines", sources), sources_(sources + 1) {
  SC_HAS_PROCESS(Plic);
  SC_METHOD(update);
  sensitive << update_event_;
  for (const sc_core::sc_in<bool>& line : lines) sensitive << line;
}

std::uint32_t Plic::best() const {
  std::uint32_t found = 0;
  std::uint32_t priority = 0;
  for (std::uint32_t i = 1; i < sources_.size(); ++i) {
    const Source& source = sources_[i];
    if (source.pending && source.enabled && source.priority > priority) {
      found = i;
      priority = source.priority;
    }
  }
  return found;
}

std::uint32_t Plic::claim() {
  const std::uint32_t claimed = best();
  sources_[claimed].pending = false;  // [0] never is
  return claimed;
}

std::uint32_t Plic::bits(bool Source::*member) const {
  std::uint32_t word = 0;
  for (std::uint32_t i = 1; i < sources_.size(); ++i)
    word |= static_cast<std::uint32_t>(sources_[i].*member) << i;
  return word;
}

std::optional<std::uint32_t> Plic::read(std::uint64_t offset, unsigned bytes,
                                        const sc_core::sc_time& /*delay*/) {
  if (bytes != 4) return std::nullopt;
  if (offset < 4 * sources_.size()) return sources_[offset / 4].priority;
  if (offset == kPending) return bits(&Source::pending);
  if (offset == kEnable) return bits(&Source::enabled);
  if (offset == kThreshold) return threshold_;
  if (offset != kClaim) return std::nullopt;
  const std::uint32_t claimed = claim();
  update_event_.notify(sc_core::SC_ZERO_TIME);
  return claimed;
}

bool Plic::write(std::uint64_t offset, unsigned bytes, std::uint32_t value, sc_core::sc_time& delay) {
  if (bytes != 4) return false;
  if (offset >= 4 && offset < 4 * sources_.size()) {
    sources_[offset / 4].priority = value & kMaxPriority;
  } else if (offset == kEnable) {
    for (std::uint32_t i = 1; i < sources_.size(); ++i) sources_[i].enabled = (value >> i & 1) != 0;
  } else if (offset == kThreshold) {
    threshold_ = value & kMaxPriority;
  } else if (offset == kClaim) {
    complete(value, delay);
    return true;
  } else {
    return false;
  }
  update_event_.notify(sc_core::SC_ZERO_TIME);
  return true;
}

void Plic::complete(std::uint32_t source, const sc_core::sc_time& delay) {
  if (source == 0 || source >= sources_.size() || !sources_[source].enabled)
    return;  // ignored, says the standard
  completions_.push_back({sc_core::sc_time_stamp() + delay, source});
  if (completions_.size() == 1) update_event_.notify(delay);
}

void Plic::update() {
  while (!completions_.empty() && completions_.front().time <= sc_core::sc_time_stamp()) {
    sources_[completions_.front().source].in_service = false;
    completions_.pop_front();
  }
  for (std::uint32_t i = 1; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    if (lines[i - 1].read() && !source.in_service) source.pending = source.in_service = true;
  }
  interrupt.write(sources_[best()].priority > threshold_);  // that of [0] is 0
  if (!completions_.empty()) update_event_.notify(completions_.front().time - sc_core::sc_time_stamp());
}

}  // namespace bitbalance::platform
