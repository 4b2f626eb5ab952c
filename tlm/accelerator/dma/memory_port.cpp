#include "tlm/accelerator/dma/memory_port.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/port/dmi_timing.h"
#include "hw/port/lent_extension.h"

namespace bitbalance::tlm_level {

MemoryPort::MemoryPort(const sc_core::sc_module_name& name, const DramInterfaceConfig& config,
                       const EdgeClock& clock, const std::array<BurstSource*, kMemoryChannels>& sources,
                       const AcceleratorOptions& options)
    : sc_module(name),
      BurstInitiator(config, options),
      clock_(clock),
      use_dmi_(options.use_dmi),
      bursts_(config, sources) {
  SC_HAS_PROCESS(MemoryPort);
  SC_METHOD(on_edge);
  sensitive << edge_event_;
  dont_initialize();
}

std::string MemoryPort::pending() const {
  std::string text;
  for (int c = 0; c < kMemoryChannels; ++c) {
    const auto which = static_cast<MemoryChannel>(c);
    const Edge now = clock_.last();
    const Edge next = bursts_.next_delivery(which, now);  // its time has been told ahead
    if (unanswered_[c].empty() && next == kNever) continue;
    text += fmt::format("{}{}: ", text.empty() ? "" : "; ", to_string(which));
    text += next != kNever ? fmt::format("next answer in {} cycles", next - now)
                           : fmt::format("{} transactions, oldest at {:#x}", unanswered_[c].size(),
                                         unanswered_[c].front()->request.address);
  }
  return text;
}

void MemoryPort::wake(MemoryChannel channel) {
  bursts_.plan(channel);
  notify();
}

void MemoryPort::notify() {
  if (at_edge_ || is_requesting()) return;  // its END_REQ comes back here
  Edge next = bursts_.next_send();
  if (next == kNever) return;
  next = std::max({next, clock_.now(), clock_.at_or_after(sendable_from())});
  if (next == planned_) return;
  planned_ = next;
  edge_event_.cancel();
  edge_event_.notify(clock_.until(next));
}

void MemoryPort::on_edge() {
  const Edge now = planned_;
  planned_ = kNever;
  at_edge_ = true;
  for (int c = 0; c < kMemoryChannels; ++c) {
    const auto which = static_cast<MemoryChannel>(c);
    if (bursts_.send_edge(which) <= now && can_send()) issue(which, now);
  }
  at_edge_ = false;
  notify();
}

void MemoryPort::issue(MemoryChannel which, Edge edge) {
  Transaction& transaction = prepare(which, bursts_.send(which, edge));
  unanswered_[enum_index(which)].push_back(&transaction);
  send(transaction, clock_.until(edge));
  bursts_.plan(which);
}

void MemoryPort::run_ahead(MemoryChannel which) {
  const Edge edge = bursts_.send_edge(which);
  if (use_nb_transport_ || edge == kNever || edge <= clock_.last()) return;
  if (clock_.until(edge) < tlm::tlm_global_quantum::instance().compute_local_quantum()) issue(which, edge);
}

void MemoryPort::ask_for_direct_memory(const Transaction& transaction) {
  using Access = DirectMemory::Access;
  const bool writes = transaction.extension.channel == MemoryChannel::kWrite;
  const Access wanted = writes ? Access::kWrite : Access::kRead;
  const std::uint64_t address = transaction.request.address;
  if (direct_memory_.known(wanted, address) != nullptr) return;
  tlm::tlm_generic_payload payload;
  payload.set_command(writes ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(address);
  DmiTimingExtension exact;
  const LentExtension<DmiTimingExtension> lent(payload, exact);
  tlm::tlm_dmi dmi;
  const bool granted = socket->get_direct_mem_ptr(payload, dmi);

  DirectMemory::Range range{dmi.get_start_address(), dmi.get_end_address(), nullptr, exact.timing};
  const bool holds_address = range.first <= address && address <= range.last;
  if (!holds_address) range.first = range.last = address;  // refused
  // A clock of another period would put the answers between this one's edges.
  const bool usable = granted && holds_address && dmi.get_dmi_ptr() != nullptr &&
                      (!exact.given || exact.clock_period == clock_.period());
  const auto add = [&](Access access, bool allowed, const sc_core::sc_time& latency) {
    if (access != wanted && !(usable && allowed)) return;
    range.data = usable && allowed ? dmi.get_dmi_ptr() : nullptr;
    if (!exact.given)
      range.timing = {static_cast<std::int64_t>(latency.value() / clock_.period().value()), INT64_MAX / 2, 1};
    direct_memory_.add(access, range);
  };
  add(Access::kRead, dmi.is_read_allowed(), dmi.get_read_latency());
  add(Access::kWrite, dmi.is_write_allowed(), dmi.get_write_latency());
}

/// Answers are delivered in the order of requests; all that are known are passed on at once.
void MemoryPort::answered(Transaction& transaction) {
  const MemoryChannel which = transaction.extension.channel;
  Ring<Transaction*>& unanswered = unanswered_[enum_index(which)];
  if (use_dmi_ && transaction.is_dmi_allowed() && !transaction.failed) ask_for_direct_memory(transaction);
  while (!unanswered.empty() && unanswered.front()->answered) {
    Transaction& oldest = *unanswered.front();
    unanswered.pop_front();
    bursts_.deliver(which, {oldest.failed, oldest.data.data()}, clock_.after(oldest.answer_time));
    oldest.release();
  }
  bursts_.settle(which);
  run_ahead(which);
  notify();
}

}  // namespace bitbalance::tlm_level
