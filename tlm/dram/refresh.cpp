#include "tlm/dram/refresh.h"

#include <algorithm>

namespace bitbalance::dram {

RefreshPlan::RefreshPlan(const Config& config)
    : geometry_(config.geometry),
      is_per_bank_(config.controller.refresh == RefreshPolicy::kPerBank),
      banks_per_rank_(config.geometry.banks_per_rank()),
      interval_(is_per_bank_ ? config.timing.refi / banks_per_rank_ : config.timing.refi),
      takes_(is_per_bank_ ? config.timing.rfc_pb : config.timing.rfc),
      ranks_(static_cast<std::size_t>(config.geometry.ranks)),
      blocked_from_(static_cast<std::size_t>(config.geometry.all_banks()), kNever) {
  // Ranks take turns, so that not all of them refresh at once.
  for (int rank = 0; rank < geometry_.ranks; ++rank) {
    ranks_[rank].due = interval_ * (rank + 1) / geometry_.ranks;
    block(rank);
  }
}

Location RefreshPlan::place(int rank) const {
  Location at;
  at.rank = rank;
  at.bank = rank * banks_per_rank_ + (is_per_bank_ ? ranks_[rank].bank : 0);
  at.group = at.bank / geometry_.banks;
  return at;
}

Planned RefreshPlan::next(const Device& device) const {
  Planned first;
  for (int rank = 0; rank < geometry_.ranks; ++rank) {
    if (device.sleep(rank) == Device::Sleep::kSelfRefresh) continue;
    Command command{is_per_bank_ ? CommandKind::kRefreshBank : CommandKind::kRefresh, place(rank)};
    if (device.sleep(rank) == Device::Sleep::kPowerDown) {
      command.kind = CommandKind::kPowerUp;
    } else if (is_per_bank_ && device.open_row(command.at.bank) != Device::kNoRow) {
      command.kind = CommandKind::kPrecharge;
    } else if (!is_per_bank_ && device.any_open(rank)) {
      command.kind = CommandKind::kPrechargeAll;
    }
    const Cycle cycle = device.earliest(command, ranks_[rank].due);
    if (cycle < first.cycle) first = {cycle, command};
  }
  return first;
}

Cycle RefreshPlan::refreshed(int rank, Cycle at) {
  Rank& r = ranks_[rank];
  const Cycle waited = at + takes_ - r.due;
  r.bank = (r.bank + 1) % banks_per_rank_;
  r.due += interval_;
  block(rank);
  return waited * (is_per_bank_ ? 1 : banks_per_rank_);
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
  const auto first = blocked_from_.begin() + std::ptrdiff_t{rank} * banks_per_rank_;
  std::fill_n(first, banks_per_rank_, is_per_bank_ ? kNever : ranks_[rank].due);
  blocked_from_[place(rank).bank] = ranks_[rank].due;
  first_due_ = kNever;
  for (const Rank& other : ranks_) first_due_ = std::min(first_due_, other.due);
}

}  // namespace bitbalance::dram
