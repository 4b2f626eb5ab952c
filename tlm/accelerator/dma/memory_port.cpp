#include "tlm/accelerator/dma/memory_port.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/port/dmi_timing.h"
#include "hw/port/lent_extension.h"

namespace bitbalance::tlm_level {

MemoryPort::MemoryPort(const sc_core::sc_module_name& name, const DramInterfaceConfig& config,
                       const EdgeClock& clock, const std::array<BurstSource*, kMemoryChannels>& sources,
                       const AcceleratorOptions& options)
    : sc_module(name), BurstInitiator(config, options), clock_(clock), use_dmi_(options.use_dmi) {
  SC_HAS_PROCESS(MemoryPort);
  SC_METHOD(on_edge);
  sensitive << edge_event_;
  dont_initialize();
  for (std::size_t c = 0; c < kMemoryChannels; ++c) {
    channels_[c].source = sources[c];
    channels_[c].delivered.assign(
        config.use_nb_transport ? static_cast<std::size_t>(config.max_outstanding) : std::size_t{1},
        kLongAgo);
  }
}

std::string MemoryPort::pending() const {
  std::string text;
  for (int c = 0; c < kMemoryChannels; ++c) {
    const ChannelState& channel = state(static_cast<MemoryChannel>(c));
    const Edge now = clock_.last();
    Edge next = kNever;  // delivery of an answer whose time has been told ahead
    for (const Edge edge : channel.delivered) {
      if (edge > now) next = std::min(next, edge);
    }
    if (channel.unanswered.empty() && next == kNever) continue;
    text += fmt::format("{}{}: ", text.empty() ? "" : "; ", to_string(static_cast<MemoryChannel>(c)));
    text += next != kNever ? fmt::format("next answer in {} cycles", next - now)
                           : fmt::format("{} transactions, oldest at {:#x}", channel.unanswered.size(),
                                         channel.unanswered.front()->request.address);
  }
  return text;
}

Edge MemoryPort::last_delivery(Edge limit) const {
  Edge last = kLongAgo;
  for (const ChannelState& channel : channels_) {
    last = std::max(last, std::min(limit, channel.delivered_before));
    for (const Edge delivered : channel.delivered) {
      if (delivered <= limit) last = std::max(last, delivered);
    }
  }
  return last;
}

void MemoryPort::wake(MemoryChannel channel) {
  plan(state(channel));
  notify();
}

/// The channel is two entries deep: a request is pushed when the last but one has left, at the earliest.
void MemoryPort::plan(ChannelState& channel) {
  channel.push = channel.source->push_edge(channel.sent_before + 1);
  const Edge place = channel.delivered[channel.oldest];
  channel.send = channel.push == kNever || place == kNever
                     ? kNever
                     : std::max({channel.push + 1, channel.sent + 1, place});
}

void MemoryPort::notify() {
  if (at_edge_ || is_requesting()) return;  // its END_REQ comes back here
  Edge next = kNever;
  for (const ChannelState& channel : channels_) next = std::min(next, channel.send);
  if (next == kNever) return;
  next = std::max({next, clock_.now(), clock_.after(request_phase_end())});
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
    if (state(which).send <= now && can_send()) issue(which, now);
  }
  at_edge_ = false;
  notify();
}

void MemoryPort::issue(MemoryChannel which, Edge edge) {
  ChannelState& channel = state(which);
  channel.sent_before = channel.sent;
  channel.sent = edge;
  Transaction& transaction = prepare(which, channel.source->push(channel.push));
  if (observer_ != nullptr)
    observer_->burst_sent(which, transaction.request.address, transaction.request.bytes, edge);
  channel.delivered_before = channel.delivered[channel.oldest];
  channel.delivered[channel.oldest] = kNever;
  if (++channel.oldest == channel.delivered.size()) channel.oldest = 0;
  channel.unanswered.push_back(&transaction);
  send(transaction, clock_.until(edge));
  plan(channel);
}

void MemoryPort::run_ahead(MemoryChannel which) {
  const Edge edge = state(which).send;
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

/// Answers are delivered in the order of requests, one an edge; all that are known are passed on at once.
void MemoryPort::answered(Transaction& transaction) {
  const MemoryChannel which = transaction.extension.channel;
  ChannelState& channel = state(which);
  if (use_dmi_ && transaction.is_dmi_allowed() && !transaction.failed) ask_for_direct_memory(transaction);
  while (!channel.unanswered.empty() && channel.unanswered.front()->answered) {
    Transaction& oldest = *channel.unanswered.front();
    channel.unanswered.pop_front();
    channel.last_delivered = std::max(clock_.after(oldest.answer_time), channel.last_delivered + 1);
    channel.delivered[channel.next_delivery] = channel.last_delivered;
    if (observer_ != nullptr) observer_->burst_answered(which, channel.last_delivered);
    if (++channel.next_delivery == channel.delivered.size()) channel.next_delivery = 0;
    channel.source->answer({oldest.failed, oldest.data.data()}, channel.last_delivered + 1);
    oldest.release();
  }
  plan(channel);
  if (channel.unanswered.empty() && channel.push == kNever) channel.source->settle();
  run_ahead(which);
  notify();
}

}  // namespace bitbalance::tlm_level
