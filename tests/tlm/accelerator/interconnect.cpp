#include "tests/tlm/accelerator/interconnect.h"

#include <algorithm>

#include "hw/port/dmi_timing.h"

namespace bitbalance::tlm_level::test {

Interconnect::Interconnect(const sc_core::sc_module_name& name, const InterconnectOptions& options)
    : sc_module(name), options_(options), random_(options.seed) {
  SC_HAS_PROCESS(Interconnect);
  target.bind(*this);
  initiator.bind(*this);
  SC_THREAD(invalidate_at_random);
}

tlm::tlm_sync_enum Interconnect::nb_transport_fw(Payload& payload, tlm::tlm_phase& phase,
                                                 sc_core::sc_time& delay) {
  note(phase);
  if (phase == tlm::BEGIN_REQ) map(payload);
  return initiator->nb_transport_fw(payload, phase, delay);
}

tlm::tlm_sync_enum Interconnect::nb_transport_bw(Payload& payload, tlm::tlm_phase& phase,
                                                 sc_core::sc_time& delay) {
  note(phase);
  return target->nb_transport_bw(payload, phase, delay);
}

void Interconnect::b_transport(Payload& payload, sc_core::sc_time& delay) {
  map(payload);
  initiator->b_transport(payload, delay);
}

bool Interconnect::get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) {
  const std::uint64_t address = payload.get_address();
  auto* const timing = payload.get_extension<DmiTimingExtension>();
  if (options_.hides_timing) payload.clear_extension(timing);
  map(payload);
  const bool granted = initiator->get_direct_mem_ptr(payload, dmi);
  const std::uint64_t memory_first = dmi.get_start_address();
  const std::uint64_t first = memory_first + options_.base, last = dmi.get_end_address() + options_.base;
  dmi.set_start_address(first);
  dmi.set_end_address(last);
  if (!granted || !options_.allow_dmi) return false;
  ++grants_;
  last_ = last;
  if (!options_.random_dmi) return true;
  const Window window = part(first, last, address);
  dmi.set_dmi_ptr(dmi.get_dmi_ptr() + (window.first - first));
  dmi.set_start_address(window.first);
  dmi.set_end_address(window.last);
  switch (random_() % 8) {
    case 0:
      return false;
    case 1:
      dmi.allow_read();
      return true;
    case 2:
      dmi.allow_write();
      return true;
    default:
      return true;
  }
}

unsigned Interconnect::transport_dbg(Payload& payload) {
  map(payload);
  return initiator->transport_dbg(payload);
}

void Interconnect::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  target->invalidate_direct_mem_ptr(first + options_.base, last + options_.base);
}

void Interconnect::invalidate_at_random() {
  while (options_.random_dmi) {
    wait(sc_core::sc_time(static_cast<double>(1 + random_() % 3000), sc_core::SC_NS));
    if (last_ == 0) continue;
    const Window window = part(options_.base, last_, options_.base + random_() % (last_ - options_.base + 1));
    ++invalidations_;
    target->invalidate_direct_mem_ptr(window.first, window.last);
  }
}

Interconnect::Window Interconnect::part(std::uint64_t first, std::uint64_t last, std::uint64_t address) {
  const std::uint64_t reach = std::uint64_t{1} << (random_() % 20);
  return {address - std::min(address - first, random_() % reach),
          address + std::min(last - address, random_() % reach)};
}

}  // namespace bitbalance::tlm_level::test
