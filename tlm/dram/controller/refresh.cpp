#include "tlm/dram/controller/refresh.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace bitbalance::dram {

RefreshPlan::RefreshPlan(const Config& config)
    : geometry_(config.geometry),
      rule_(rule_of(config)),
      banks_per_rank_(config.geometry.banks_per_rank()),
      ranks_(static_cast<std::size_t>(config.geometry.ranks)),
      blocked_from_(static_cast<std::size_t>(config.geometry.all_banks()), kNever),
      held_until_(blocked_from_.size(), 0) {
  // Ranks take turns, so that not all of them refresh at once.
  for (int rank = 0; rank < geometry_.ranks; ++rank) {
    ranks_[rank].due = rule_.interval * (rank + 1) / geometry_.ranks;
    block(rank);
  }
}

RefreshPlan::Rule RefreshPlan::rule_of(const Config& config) {
  const Timing& t = config.timing;
  const int banks = config.geometry.banks_per_rank();
  switch (config.controller.refresh) {
    case RefreshPolicy::kAllBanks:
      return {CommandKind::kRefresh, CommandKind::kPrechargeAll, banks, t.refi, t.rfc};
    case RefreshPolicy::kPerBank:
      return {CommandKind::kRefreshBank, CommandKind::kPrecharge, 1, t.refi / banks, t.rfc_pb};
  }
  throw std::invalid_argument("DRAM: a way to refresh that nobody has written");
}

Location RefreshPlan::place(int rank) const {
  Location at;
  at.rank = rank;
  at.bank = rank * banks_per_rank_ + ranks_[rank].bank;
  at.group = at.bank / geometry_.banks;
  return at;
}

bool RefreshPlan::is_open(const Device& device, const Location& at) const {
  for (int bank = at.bank; bank < at.bank + rule_.banks; ++bank) {
    if (device.open_row(bank) != Device::kNoRow) return true;
  }
  return false;
}

Planned RefreshPlan::next(const Device& device) const {
  Planned first;
  for (int rank = 0; rank < geometry_.ranks; ++rank) {
    if (device.sleep(rank) == Device::Sleep::kSelfRefresh) continue;
    Command command{rule_.refresh, place(rank)};
    if (device.sleep(rank) == Device::Sleep::kPowerDown) {
      command.kind = CommandKind::kPowerUp;
    } else if (is_open(device, command.at)) {
      command.kind = rule_.close;
    }
    const Cycle cycle = device.earliest(command, ranks_[rank].due);
    if (cycle < first.cycle) first = {cycle, command};
  }
  return first;
}

void RefreshPlan::refreshed(int rank, Cycle at) {
  Rank& r = ranks_[rank];
  const Cycle end = at + rule_.takes;
  const int first = place(rank).bank;
  for (int bank = first; bank < first + rule_.banks; ++bank) {
    held_up_ += end - std::max(r.due, held_until_[bank]);
    held_until_[bank] = end;
  }
  r.bank = (r.bank + rule_.banks) % banks_per_rank_;
  r.due += rule_.interval;
  block(rank);
}

Cycle RefreshPlan::held_up(Cycle now) const {
  return std::accumulate(held_until_.begin(), held_until_.end(), held_up_,
                         [now](Cycle sum, Cycle until) { return sum - std::max<Cycle>(0, until - now); });
}

void RefreshPlan::suspend(int rank) {
  ranks_[rank].due = kNever;
  block(rank);
}

void RefreshPlan::resume(int rank, Cycle from) {
  ranks_[rank].due = from;
  block(rank);
}

void RefreshPlan::block(int rank) {
  // Each bank from its own turn on, which may come while an earlier one still waits.
  const Rank& r = ranks_[rank];
  for (int i = 0; i < banks_per_rank_; ++i) {
    const int bank = rank * banks_per_rank_ + (r.bank + i) % banks_per_rank_;
    blocked_from_[bank] = r.due == kNever ? kNever : r.due + i / rule_.banks * rule_.interval;
  }
  first_due_ = kNever;
  for (const Rank& other : ranks_) first_due_ = std::min(first_due_, other.due);
}

}  // namespace bitbalance::dram
