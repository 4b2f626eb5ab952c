#include "tests/tlm/dram/refresh_checker.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/tlm/dram/command_kinds.h"

namespace bitbalance::dram::test {

RefreshChecker::RefreshChecker(const Config& config)
    : config_(config),
      is_per_bank_(config.controller.refresh == RefreshPolicy::kPerBank),
      interval_(config.timing.refi / (is_per_bank_ ? config.geometry.banks_per_rank() : 1)),
      used_(static_cast<std::size_t>(config.geometry.all_banks()), -1) {
  const int ranks = config.geometry.ranks;
  for (int turn = 1; turn <= ranks; ++turn) {
    ranks_.emplace_back();
    ranks_.back().due = interval_ * turn / ranks;
  }
}

/// From a refresh being due to its command, whatever was issued before: the rank wakes up, its rows may be
/// closed, are closed, and are at rest; other commands hold the bus before each of these.
Cycle RefreshChecker::longest_wait() const {
  const Timing& t = config_.timing;
  const CommandClocks& c = config_.commands;
  const Cycle written = t.cwl + t.dqss + config_.geometry.burst_clocks() + t.wr;
  const Cycle wake = t.cke + t.xp;
  const Cycle close = std::max({Cycle{t.ras}, Cycle{t.rtp}, written, Cycle{t.ppd}, Cycle{t.rfc_pb}});
  const Cycle rest = std::max({t.rp_ab, t.rp + t.faw + t.rrd_l, t.rc});
  const Cycle longest = std::max({c.activate, c.precharge, c.column, c.refresh});
  // Of each other rank a refresh may be due, too: three commands. And one of a burst may be on the bus.
  return wake + close + rest + 3 * (3 * config_.geometry.ranks + 1) * longest;
}

void RefreshChecker::fail(const Command& command, Cycle at, const std::string& what) {
  if (text_.size() < 1000) {
    text_ += fmt::format("{} of rank {}, bank {} at {}: {}\n", to_string(command.kind), command.at.rank,
                         command.at.bank, at, what);
  }
}

void RefreshChecker::check_refresh(const Command& command, Cycle at) {
  Rank& rank = ranks_[static_cast<std::size_t>(command.at.rank)];
  const Kind kind = is_per_bank_ ? Kind::kRefreshBank : Kind::kRefresh;
  if (command.kind != kind) fail(command, at, "not the refresh that was asked for");
  if (at < rank.due) fail(command, at, fmt::format("due at {}", rank.due));
  if (at - rank.due > longest_wait())
    fail(command, at, fmt::format("due at {}, {} later at most", rank.due, longest_wait()));
  const int banks = is_per_bank_ ? 1 : config_.geometry.banks_per_rank();
  const auto first = used_.begin() + (is_per_bank_ ? command.at.bank : command.at.rank * banks);
  if (*std::max_element(first, first + banks) >= rank.due)
    fail(command, at, fmt::format("its rows were in use after {}, when it was due", rank.due));
  if (is_per_bank_) {
    if (!rank.banks.insert(command.at.bank).second) fail(command, at, "others have waited longer");
    if (static_cast<int>(rank.banks.size()) == config_.geometry.banks_per_rank()) rank.banks.clear();
  }
  rank.due += interval_;
}

void RefreshChecker::note(const Command& command, Cycle at) {
  const Geometry& g = config_.geometry;
  if (command.at.rank < 0 || command.at.rank >= g.ranks ||
      command.at.bank / g.banks_per_rank() != command.at.rank ||
      command.at.bank / g.banks != command.at.group) {
    return fail(command, at, "no such place");
  }
  Rank& rank = ranks_[static_cast<std::size_t>(command.at.rank)];
  switch (command.kind) {
    case Kind::kRefresh:
    case Kind::kRefreshBank:
      return check_refresh(command, at);
    case Kind::kSelfRefresh:
      if (at >= rank.due) fail(command, at, fmt::format("a refresh is due since {}", rank.due));
      rank.due = kNever;
      return;
    case Kind::kSelfRefreshExit:
      rank.due = at + config_.timing.xs;
      return;
    case Kind::kPowerDown:
      if (at >= rank.due) fail(command, at, fmt::format("a refresh is due since {}", rank.due));
      return;
    case Kind::kPrecharge:
    case Kind::kPrechargeAll:
    case Kind::kPowerUp:
      return;
    default:
      used_[static_cast<std::size_t>(command.at.bank)] = at;
  }
}

void RefreshChecker::finish(Cycle end) {
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
    const Cycle due = ranks_[rank].due;
    if (due != kNever && due + longest_wait() < end)
      text_ += fmt::format("rank {} has no refresh by {}, due at {}\n", rank, end, due);
  }
}

}  // namespace bitbalance::dram::test
