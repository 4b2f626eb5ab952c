#include "tlm/dram/channel.h"

#include <algorithm>

namespace bitbalance::dram {

Channel::Channel(const Config& config)
    : config_(config),
      device_(config),
      scheduler_(make_scheduler(config.controller)),
      row_hits_(static_cast<std::size_t>(config.geometry.all_banks())) {
  queues_[kRead].places = static_cast<std::size_t>(config.controller.read_queue);
  queues_[kWrite].places = static_cast<std::size_t>(config.controller.write_queue);
  // Ranks take turns, so that not all of them refresh at once.
  for (int rank = 0; rank < config.geometry.ranks; ++rank)
    refresh_due_.push_back(Cycle{config.timing.refi} * (rank + 1) / config.geometry.ranks);
}

void Channel::add(const Burst& burst, Cycle now) {
  if (is_empty()) advance(now);
  account(now);
  Queue& q = queue(burst.is_write);
  if (q.bursts.size() < q.places && q.waiting.empty()) {
    admit(burst, now);
  } else {
    q.waiting.push_back(burst);
  }
}

void Channel::admit(const Burst& burst, Cycle now) {
  is_decided_ = false;
  const bool forwarded = !burst.is_write && is_forwarded(burst);
  if (burst.is_write || forwarded) completions_.push_back({burst.transaction, now});
  if (forwarded) {
    ++counts_.forwarded_bursts;
    return;
  }
  Queue& q = queue(burst.is_write);
  q.bursts.push_back(burst);
  q.bursts.back().entered = now;
  int& peak = burst.is_write ? counts_.write_queue_peak : counts_.read_queue_peak;
  peak = std::max(peak, static_cast<int>(q.bursts.size()));
  update_direction();
}

/// A queued write that covers the whole burst has its data.
bool Channel::is_forwarded(const Burst& burst) const {
  const auto covers = [&](const Burst& write) {
    return write.number == burst.number && write.bytes == config_.geometry.burst_bytes();
  };
  const Queue& writes = queues_[kWrite];
  return std::any_of(writes.bursts.begin(), writes.bursts.end(), covers) ||
         std::any_of(writes.waiting.begin(), writes.waiting.end(), covers);
}

/// Reads go first; writes when there is nothing to read, or when they fill their queue. Then a turn is
/// write_high - write_low bursts, of writes as of reads, so that neither waits for ever.
void Channel::update_direction() {
  const ControllerConfig& c = config_.controller;
  const auto reads = static_cast<int>(queues_[kRead].bursts.size());
  const auto writes = static_cast<int>(queues_[kWrite].bursts.size());
  if (writes >= c.write_high) draining_ = true;
  if (writes <= c.write_low) draining_ = false;
  const bool turn_is_over = turn_bursts_ >= c.write_high - c.write_low;
  const bool turns = writing_ ? writes == 0 || (reads != 0 && (turn_is_over || !draining_))
                              : writes != 0 && (reads == 0 || (turn_is_over && writes >= c.write_high));
  if (!turns) return;
  writing_ = !writing_;
  turn_bursts_ = 0;
}

Cycle Channel::next() {
  if (is_empty()) return kNever;
  decide();
  return choice_.cycle;
}

void Channel::decide() {
  if (is_decided_) return;
  is_decided_ = true;
  decide_refresh();
  const Choice of_queue =
      scheduler_->choose(queue(writing_).bursts, {device_, now_, refresh_due_, row_hits_});
  if (of_queue.cycle < choice_.cycle) {
    choice_ = of_queue;
    refresh_rank_ = -1;
  }
}

/// A rank that is due closes its banks and refreshes as soon as that is allowed.
void Channel::decide_refresh() {
  choice_ = {};
  for (int rank = 0; rank < config_.geometry.ranks; ++rank) {
    const CommandKind kind = device_.any_open(rank) ? CommandKind::kPrechargeAll : CommandKind::kRefresh;
    const Cycle cycle = device_.earliest({kind, place_of_rank(rank)}, refresh_due_[rank]);
    if (cycle < choice_.cycle) {
      choice_ = {cycle, kind, 0};
      refresh_rank_ = rank;
    }
  }
}

Location Channel::place_of_rank(int rank) const {
  Location place;
  place.rank = rank;
  place.group = rank * config_.geometry.bank_groups;
  place.bank = place.group * config_.geometry.banks;
  return place;
}

Command Channel::step() {
  decide();
  account(choice_.cycle);
  is_decided_ = false;
  if (refresh_rank_ >= 0) return step_refresh();
  Burst& burst = queue(writing_).bursts[choice_.burst];
  int& hits = row_hits_[burst.at.bank];
  if (choice_.kind == CommandKind::kRead || choice_.kind == CommandKind::kWrite) {
    ++hits;
    return transfer(choice_.burst);
  }
  if (choice_.kind == CommandKind::kActivate) {
    ++counts_.activates;
    burst.was_activated = true;
    hits = 0;
  } else {
    ++counts_.precharges;
    burst.was_precharged = true;
  }
  const Command command{choice_.kind, burst.at};
  device_.issue(command, choice_.cycle);
  return command;
}

Command Channel::step_refresh() {
  Cycle& due = refresh_due_[refresh_rank_];
  const Command command{choice_.kind, place_of_rank(refresh_rank_)};
  device_.issue(command, choice_.cycle);
  if (command.kind == CommandKind::kPrechargeAll) {
    ++counts_.precharges;
    return command;
  }
  ++counts_.refreshes;
  counts_.refreshing += choice_.cycle + config_.timing.rfc - due;
  due += config_.timing.refi;
  return command;
}

Command Channel::transfer(std::size_t index) {
  Queue& q = queue(writing_);
  const Burst burst = q.bursts[index];
  q.bursts.erase(q.bursts.begin() + static_cast<std::ptrdiff_t>(index));

  const bool closes = config_.controller.page_policy == PagePolicy::kClosed && is_last_of_row(burst);
  CommandKind kind = choice_.kind;
  if (closes) kind = burst.is_write ? CommandKind::kWritePrecharge : CommandKind::kReadPrecharge;
  counts_.precharges += closes ? 1 : 0;
  const Command command{kind, burst.at};
  device_.issue(command, choice_.cycle);

  std::int64_t& outcome = burst.was_precharged  ? counts_.row_conflicts
                          : burst.was_activated ? counts_.row_misses
                                                : counts_.row_hits;
  ++outcome;
  if (last_direction_ == (burst.is_write ? kRead : kWrite)) ++counts_.turn_arounds;
  last_direction_ = burst.is_write ? kWrite : kRead;
  if (burst.is_write) {
    ++counts_.write_bursts;
    counts_.write_bytes += burst.bytes;
    note_busy(now_, device_.write_data_end(now_));
  } else {
    const Cycle end = device_.read_data_end(now_);
    ++counts_.read_bursts;
    counts_.read_bytes += burst.bytes;
    counts_.read_latency += end - burst.entered;
    completions_.push_back({burst.transaction, end});
    note_busy(now_, end);
  }
  ++turn_bursts_;
  update_direction();
  while (q.bursts.size() < q.places && !q.waiting.empty()) {
    const Burst waiting = q.waiting.front();
    q.waiting.pop_front();
    admit(waiting, now_);
  }
  return command;
}

bool Channel::is_last_of_row(const Burst& burst) const {
  const auto same_row = [&](const Burst& other) {
    return other.at.bank == burst.at.bank && other.at.row == burst.at.row;
  };
  return std::none_of(queues_.begin(), queues_.end(), [&](const Queue& q) {
    return std::any_of(q.bursts.begin(), q.bursts.end(), same_row);
  });
}

void Channel::advance(Cycle now) {
  for (decide_refresh(); choice_.cycle < now; decide_refresh()) step_refresh();
  is_decided_ = false;
}

void Channel::account(Cycle now) {
  const Cycle passed = now - now_;
  counts_.read_queue_area += passed * static_cast<Cycle>(queues_[kRead].bursts.size());
  counts_.write_queue_area += passed * static_cast<Cycle>(queues_[kWrite].bursts.size());
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
  return counts_;
}

}  // namespace bitbalance::dram
