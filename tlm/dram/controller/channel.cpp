#include "tlm/dram/controller/channel.h"

#include <algorithm>

namespace bitbalance::dram {
namespace {

CommandKind with_precharge(CommandKind kind) {
  if (kind == CommandKind::kRead) return CommandKind::kReadPrecharge;
  return kind == CommandKind::kWrite ? CommandKind::kWritePrecharge : CommandKind::kMaskedWritePrecharge;
}

}  // namespace

Channel::Channel(const Config& config)
    : config_(config),
      device_(config),
      scheduler_(make_scheduler(config)),
      queues_{Queue{{config.geometry.all_banks(), config.controller.read_queue}},
              Queue{{config.geometry.all_banks(), config.controller.write_queue}}},
      refresh_(config),
      sleep_(config.controller),
      states_(config.geometry.ranks),
      row_hits_(static_cast<std::size_t>(config.geometry.all_banks())) {}

void Channel::add(const Burst& burst, Cycle now) {
  if (is_empty()) advance(now);
  account(now);
  Queue& q = queue(burst.is_write);
  if (!q.bursts.full() && q.waiting.empty()) {
    admit(burst, now);
  } else {
    q.waiting.push_back(burst);
    note_watermarks();
    if (!has_begun(now)) is_decided_ &= stands(now);
  }
}

void Channel::admit(const Burst& burst, Cycle now) {
  const bool forwarded = !burst.is_write && is_forwarded(burst);
  const bool is_posted = burst.is_write && config_.controller.posted_writes;
  if (is_posted || forwarded) completions_.push_back({burst.transaction, now});
  if (forwarded) {
    ++counts_.forwarded_bursts;
    return;
  }
  BurstQueue& bursts = queue(burst.is_write).bursts;
  Burst queued = burst;
  queued.entered = now;
  queued.arrival = arrivals_++;
  queued.is_masked =
      burst.is_write && config_.timing.ccd_mw != 0 && burst.bytes < config_.geometry.burst_bytes();
  const bool joins_row = bursts.ends_in_row(burst.at);
  const BurstQueue::Place place = bursts.push(queued);
  int& peak = burst.is_write ? counts_.write_queue_peak : counts_.read_queue_peak;
  peak = std::max(peak, bursts.size());
  note_watermarks();
  if (has_begun(now)) return;
  is_decided_ &= stands(now);
  // A burst behind another one of its row changes nothing, nor does one whose turn it is not.
  if (!is_decided_ || joins_row || burst.is_write != writing_) return;
  choice_ = scheduler_->reconsider(choice_, place, bursts, view());
  decide_on_refresh();
}

bool Channel::stands(Cycle now) {
  const bool was_writing = writing_;
  update_direction();
  return writing_ == was_writing && choice_.cycle != kNever &&
         device_.begin(choice_.kind, choice_.cycle) >= now;
}

bool Channel::has_begun(Cycle now) const {
  if (!is_decided_) return false;
  return is_planned_ ? device_.begin(planned_.command.kind, planned_.cycle) < now
                     : device_.begin(choice_.kind, choice_.cycle) < now;
}

/// A queued write that covers the whole burst has its data.
bool Channel::is_forwarded(const Burst& burst) const {
  const auto covers = [&](const Burst& write) {
    return write.number == burst.number && write.bytes == config_.geometry.burst_bytes();
  };
  const Queue& writes = queues_[kWrite];
  if (writes.bursts.any_of(burst.at.bank, covers)) return true;
  for (std::size_t i = 0; i < writes.waiting.size(); ++i) {
    if (covers(writes.waiting[i])) return true;
  }
  return false;
}

/// More than write_high; where that is the whole queue, one that waits for its place counts.
bool Channel::are_writes_many() const {
  const Queue& writes = queues_[kWrite];
  return writes.bursts.size() > config_.controller.write_high || !writes.waiting.empty();
}

void Channel::note_watermarks() {
  if (are_writes_many()) draining_ = true;
  if (queues_[kWrite].bursts.size() <= config_.controller.write_low) draining_ = false;
}

/// Reads go first; writes when there is nothing to read, or when they fill their queue.
void Channel::update_direction() {
  note_watermarks();
  const int reads = queues_[kRead].bursts.size();
  const int writes = queues_[kWrite].bursts.size();
  const bool ends = writing_ ? writes == 0 || (reads != 0 && turn_ends())
                             : writes != 0 && (reads == 0 || (are_writes_many() && turn_ends()));
  if (!ends) return;
  writing_ = !writing_;
  turn_bursts_ = 0;
}

/// Whether a turn ends for the sake of the other direction's bursts. With kTurns it is
/// write_high - write_low bursts long, of writes as of reads, so that neither waits for ever.
bool Channel::turn_ends() const {
  const ControllerConfig& c = config_.controller;
  switch (c.turns) {
    case TurnPolicy::kTurns:
      return turn_bursts_ >= c.write_high - c.write_low || (writing_ && !draining_);
    case TurnPolicy::kWatermarks:
      return !writing_ || !draining_;
  }
  return false;
}

Cycle Channel::next() {
  if (is_empty()) return kNever;
  decide();
  return is_planned_ ? planned_.cycle : choice_.cycle;
}

void Channel::decide() {
  if (is_decided_) return;
  is_decided_ = true;
  update_direction();  // bursts may have come while the last command was on the bus
  choice_ = scheduler_->choose(queue(writing_).bursts, view());
  decide_on_refresh();
}

void Channel::decide_on_refresh() {
  is_planned_ = choice_.cycle >= refresh_.first_due();
  if (!is_planned_) return;
  planned_ = refresh_.next(device_);
  // Also where it would end later: shorter commands that follow one another would hold it up for ever.
  is_planned_ = choice_.cycle >= planned_.cycle || device_.begin(choice_.kind, choice_.cycle) >=
                                                       device_.begin(planned_.command.kind, planned_.cycle);
}

Command Channel::step() {
  decide();
  if (is_planned_) {
    account(planned_.cycle);
    const Command command = planned_.command;
    issue(command, planned_.cycle);
    return command;
  }
  account(choice_.cycle);
  BurstQueue& bursts = queue(writing_ != choice_.is_other).bursts;
  Burst& burst = bursts[choice_.burst];
  const int bank = burst.at.bank;
  if (is_column(choice_.kind)) {
    ++row_hits_[bank];
    return transfer();
  }
  if (choice_.kind == CommandKind::kActivate) {
    burst.was_activated = true;
    row_hits_[bank] = 0;
    bursts.set_opener(bank, choice_.burst);
    queue(!writing_).bursts.set_opener(bank, BurstQueue::kNone);
  } else if (choice_.kind == CommandKind::kPrecharge) {
    burst.was_precharged = true;
  }
  const Command command{choice_.kind, burst.at};
  issue(command, choice_.cycle);
  return command;
}

Cycle Channel::finish() {
  while (next() != kNever) step();
  return busy_until_;
}

/// Of any kind, from whatever plan: what follows from it for the others.
void Channel::issue(const Command& command, Cycle cycle) {
  is_decided_ = false;
  device_.issue(command, cycle);
  states_.note(command, cycle, device_);
  if (observer_) observer_(command, cycle);
  const int rank = command.at.rank;
  switch (command.kind) {
    case CommandKind::kActivate:
      ++counts_.activates;
      break;
    case CommandKind::kPrecharge:
    case CommandKind::kPrechargeAll:
    case CommandKind::kReadPrecharge:
    case CommandKind::kWritePrecharge:
    case CommandKind::kMaskedWritePrecharge:
      ++counts_.precharges;
      break;
    case CommandKind::kRefresh:
    case CommandKind::kRefreshBank:
      ++(command.kind == CommandKind::kRefresh ? counts_.refreshes : counts_.bank_refreshes);
      refresh_.refreshed(rank, cycle);
      break;
    case CommandKind::kPowerDown:
      ++counts_.power_downs;
      break;
    case CommandKind::kSelfRefresh:
      ++counts_.self_refreshes;
      refresh_.suspend(rank);
      break;
    case CommandKind::kSelfRefreshExit:
      refresh_.resume(rank, cycle + config_.timing.xs);
      break;
    default:
      break;
  }
}

Command Channel::transfer() {
  Queue& q = queue(writing_ != choice_.is_other);
  const Burst burst = q.bursts[choice_.burst];
  q.bursts.erase(choice_.burst);

  const Command command{closes_row(burst) ? with_precharge(choice_.kind) : choice_.kind, burst.at};
  issue(command, choice_.cycle);

  std::int64_t& outcome = burst.was_precharged  ? counts_.row_conflicts
                          : burst.was_activated ? counts_.row_misses
                                                : counts_.row_hits;
  ++outcome;
  if (last_direction_ == (burst.is_write ? kRead : kWrite)) ++counts_.turn_arounds;
  last_direction_ = burst.is_write ? kWrite : kRead;
  if (burst.is_write) {
    const Cycle end = device_.write_data_end(now_);
    ++counts_.write_bursts;
    counts_.masked_bursts += burst.is_masked ? 1 : 0;
    counts_.write_bytes += burst.bytes;
    if (!config_.controller.posted_writes) completions_.push_back({burst.transaction, end});
    note_busy(now_, end);
  } else {
    const Cycle end = device_.read_data_end(now_);
    ++counts_.read_bursts;
    counts_.read_bytes += burst.bytes;
    counts_.read_latency += end - burst.entered;
    completions_.push_back({burst.transaction, end});
    note_busy(now_, end);
  }
  if (burst.is_write == writing_) ++turn_bursts_;
  update_direction();
  while (!q.bursts.full() && !q.waiting.empty()) {
    const Burst waiting = q.waiting.front();
    q.waiting.pop_front();
    admit(waiting, now_);
  }
  return command;
}

bool Channel::closes_row(const Burst& burst) const {
  switch (config_.controller.page_policy) {
    case PagePolicy::kOpen:
      return false;
    case PagePolicy::kClosed:
      return is_last_of_row(burst);
  }
  return false;
}

/// Of those queued when its command began.
bool Channel::is_last_of_row(const Burst& burst) const {
  const Cycle begin = device_.begin(choice_.kind, choice_.cycle);
  return std::none_of(queues_.begin(), queues_.end(), [&](const Queue& q) {
    return q.bursts.any_of(
        burst.at.bank, [&](const Burst& other) { return other.entered <= begin && same_row(burst, other); });
  });
}

void Channel::advance(Cycle now) {
  is_decided_ = false;
  if (refresh_.first_due() >= now && !sleep_.is_on()) return;
  while (true) {
    const Planned refresh = refresh_.next(device_);
    const Planned sleep = sleep_.next(device_, refresh_, config_.geometry.ranks, busy_until_);
    const Planned& first = sleep.cycle < refresh.cycle ? sleep : refresh;
    if (first.cycle >= now) break;
    issue(first.command, first.cycle);
  }
}

void Channel::account(Cycle now) {
  const Cycle passed = now - now_;
  counts_.read_queue_area += passed * queues_[kRead].bursts.size();
  counts_.write_queue_area += passed * queues_[kWrite].bursts.size();
  if (!is_empty()) note_busy(now_, now);
  now_ = now;
}

void Channel::note_busy(Cycle from, Cycle to) {
  counts_.busy += std::max<Cycle>(0, to - std::max(from, busy_until_));
  busy_until_ = std::max(busy_until_, to);
}

Counts Channel::counts(Cycle now) {
  if (is_empty()) advance(now);
  account(now);
  Counts counts = counts_;
  counts.busy -= std::max<Cycle>(0, busy_until_ - now);
  counts.refreshing = refresh_.held_up(now);
  counts.states = states_.clocks(now);
  return counts;
}

}  // namespace bitbalance::dram
