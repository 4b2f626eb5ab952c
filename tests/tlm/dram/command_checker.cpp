#include "tests/tlm/dram/command_checker.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/tlm/dram/command_kinds.h"

namespace bitbalance::dram::test {
namespace {

bool is_read(Kind kind) {
  return is_any(kind, {Kind::kRead, Kind::kReadPrecharge});
}
bool is_masked(Kind kind) {
  return is_any(kind, {Kind::kMaskedWrite, Kind::kMaskedWritePrecharge});
}
bool is_written(Kind kind) {
  return is_masked(kind) || is_any(kind, {Kind::kWrite, Kind::kWritePrecharge});
}
bool closes(Kind kind) {
  return is_any(kind, {Kind::kReadPrecharge, Kind::kWritePrecharge, Kind::kMaskedWritePrecharge});
}
/// It needs all banks of the rank closed and at rest.
bool needs_rest(Kind kind) {
  return is_any(kind, {Kind::kRefresh, Kind::kSelfRefresh});
}

}  // namespace

int CommandChecker::clocks(Kind kind) const {
  const CommandClocks& c = config_.commands;
  if (kind == Kind::kActivate) return c.activate;
  if (is_any(kind, {Kind::kPrecharge, Kind::kPrechargeAll})) return c.precharge;
  if (is_read(kind) || is_written(kind)) return c.column;
  if (is_any(kind, {Kind::kRefresh, Kind::kRefreshBank, Kind::kSelfRefresh})) return c.refresh;
  return 1;
}

/// Clocks that JEDEC wants between two commands, whatever else was issued; 0: none.
Cycle CommandChecker::least(const Command& earlier, const Command& later) const {
  const Timing& t = config_.timing;
  const Kind kind = earlier.kind;
  const bool same_rank = earlier.at.rank == later.at.rank;
  if (is_read(kind) || is_written(kind)) return from_column(earlier, later);
  if (!same_rank) return 0;
  if (kind == Kind::kPowerDown) return later.kind == Kind::kPowerUp ? t.cke : 0;
  if (kind == Kind::kSelfRefresh) return later.kind == Kind::kSelfRefreshExit ? t.ckesr : 0;
  if (kind == Kind::kPowerUp) return t.xp;
  if (kind == Kind::kSelfRefreshExit) return t.xs;
  return from_rows(earlier, later);
}

Cycle CommandChecker::from_rows(const Command& earlier, const Command& later) const {
  const Timing& t = config_.timing;
  const bool same_bank = earlier.at.bank == later.at.bank;
  const bool opens = is_any(later.kind, {Kind::kActivate, Kind::kRefreshBank});
  const Cycle apart = earlier.at.group == later.at.group ? t.rrd_l : t.rrd_s;
  switch (earlier.kind) {
    case Kind::kActivate:
      if (opens) return same_bank ? t.rc : apart;
      if (is_read(later.kind) || is_written(later.kind)) return same_bank ? t.rcd : 0;
      if (later.kind == Kind::kPrecharge) return same_bank ? t.ras : 0;
      if (later.kind == Kind::kPrechargeAll) return open_rows_.count(earlier.at.bank) != 0 ? t.ras : 0;
      return needs_rest(later.kind) ? t.rc : 0;
    case Kind::kPrecharge:
      if (opens) return same_bank ? t.rp : 0;
      if (is_any(later.kind, {Kind::kPrecharge, Kind::kPrechargeAll})) return t.ppd;
      return needs_rest(later.kind) ? t.rp : 0;
    case Kind::kPrechargeAll:
      return opens || needs_rest(later.kind) ? t.rp_ab : 0;
    case Kind::kRefresh:
      return opens || needs_rest(later.kind) || later.kind == Kind::kPowerDown ? t.rfc : 0;
    case Kind::kRefreshBank:
      if (later.kind == Kind::kActivate) return same_bank ? t.rfc_pb : apart;
      if (later.kind == Kind::kRefreshBank || needs_rest(later.kind)) return t.rfc_pb;
      return is_any(later.kind, {Kind::kPrechargeAll, Kind::kPowerDown}) ? t.rfc_pb : 0;
    default:
      return 0;
  }
}

Cycle CommandChecker::from_column(const Command& earlier, const Command& later) const {
  const Timing& t = config_.timing;
  const Cycle burst = config_.geometry.burst_clocks();
  const bool read = is_read(earlier.kind);
  const Cycle read_latency = t.cl + t.dqsck, write_latency = t.cwl + t.dqss;
  const bool same_rank = earlier.at.rank == later.at.rank, same_group = earlier.at.group == later.at.group,
             same_bank = earlier.at.bank == later.at.bank;
  const Cycle to_precharge = read ? t.rtp : write_latency + burst + t.wr;
  if (read && is_written(later.kind)) return t.rtw;
  if (is_read(later.kind) || is_written(later.kind)) {
    const bool turns = !read && is_read(later.kind);
    if (!same_rank) return turns ? write_latency + burst + t.rtrs - read_latency : burst + t.rtrs;
    if (turns) return write_latency + burst + (same_group ? t.wtr_l : t.wtr_s);
    const Cycle apart = same_group ? t.ccd_l : t.ccd_s;
    return same_bank && is_masked(later.kind) ? std::max<Cycle>(apart, t.ccd_mw) : apart;
  }
  if (!same_rank) return 0;
  if (later.kind == Kind::kPrecharge) return same_bank ? to_precharge : 0;
  if (later.kind == Kind::kPrechargeAll) return open_rows_.count(earlier.at.bank) != 0 ? to_precharge : 0;
  if (later.kind == Kind::kPowerDown) return (read ? read_latency : write_latency) + burst + 1;
  const Cycle to_rest =
      later.kind == Kind::kSelfRefresh ? (read ? read_latency : write_latency) + burst + 1 : 0;
  if (!closes(earlier.kind)) return to_rest;
  if (is_any(later.kind, {Kind::kActivate, Kind::kRefreshBank})) return same_bank ? to_precharge + t.rp : 0;
  return needs_rest(later.kind) ? std::max(to_precharge + t.rp, to_rest) : 0;
}

void CommandChecker::fail(const Command& command, Cycle at, const std::string& what) {
  if (text_.size() < 1000)
    text_ += fmt::format("{} of bank {} at {}: {}\n", to_string(command.kind), command.at.bank, at, what);
}

/// Rows that are open or closed as the command needs, and the rank awake.
void CommandChecker::check_rows(const Command& command, Cycle at) {
  const Kind kind = command.kind;
  const auto sleeping = asleep_.find(command.at.rank);
  const bool wakes = is_any(kind, {Kind::kPowerUp, Kind::kSelfRefreshExit});
  if ((sleeping != asleep_.end()) != wakes)
    fail(command, at, wakes ? "the rank is awake" : "the rank sleeps");
  if (wakes) asleep_.erase(command.at.rank);
  if (is_any(kind, {Kind::kPowerDown, Kind::kSelfRefresh})) asleep_[command.at.rank] = kind;

  const auto open = open_rows_.find(command.at.bank);
  if (is_read(kind) || is_written(kind)) {
    if (open == open_rows_.end() || open->second != command.at.row) fail(command, at, "its row is not open");
    if (closes(kind)) open_rows_.erase(command.at.bank);
  }
  if (is_any(kind, {Kind::kActivate, Kind::kRefreshBank}) && open != open_rows_.end())
    fail(command, at, "a row is open");
  if (kind == Kind::kActivate) open_rows_[command.at.bank] = command.at.row;
  if (kind == Kind::kPrecharge) open_rows_.erase(command.at.bank);
  const int banks = config_.geometry.banks_per_rank();
  const auto first = open_rows_.lower_bound(command.at.rank * banks),
             last = open_rows_.lower_bound((command.at.rank + 1) * banks);
  if (needs_rest(kind) && first != last) fail(command, at, "rows are open");
  if (kind == Kind::kPrechargeAll) open_rows_.erase(first, last);
}

/// Of each row that was opened, before another one of its bank is.
void CommandChecker::check_use(const Command& command, Cycle at) {
  const Kind kind = command.kind;
  const int bank = command.at.bank, banks = config_.geometry.banks_per_rank();
  if (is_read(kind) || is_written(kind)) unused_.erase(bank);
  if (kind == Kind::kActivate) {
    if (closed_unused_.count(bank) != 0) fail(command, at, "the row before was closed unused");
    unused_.insert(bank);
  }
  if (kind == Kind::kPrecharge && unused_.erase(bank) != 0) closed_unused_.insert(bank);
  if (kind == Kind::kRefreshBank) closed_unused_.erase(bank);
  const int first = command.at.rank * banks;
  for (int other = first; other < first + banks; ++other) {
    if (kind == Kind::kPrechargeAll && unused_.erase(other) != 0) closed_unused_.insert(other);
    if (kind == Kind::kRefresh) closed_unused_.erase(other);
  }
}

void CommandChecker::note(const Command& command, Cycle at) {
  for (const Issued& i : history_) {
    const Cycle needed = least(i.command, command);
    if (at - i.at < needed) {
      fail(command, at,
           fmt::format("{} of bank {} was at {}: {} clocks are needed", to_string(i.command.kind),
                       i.command.at.bank, i.at, needed));
    }
  }
  if (!history_.empty() && at - clocks(command.kind) < history_.back().at)
    fail(command, at, "the bus is in use");
  if (is_any(command.kind, {Kind::kActivate, Kind::kRefreshBank})) {
    int opened = 0;
    for (const Issued& i : history_) {
      const bool counts = i.command.at.rank == command.at.rank && at - i.at < config_.timing.faw &&
                          is_any(i.command.kind, {Kind::kActivate, Kind::kRefreshBank});
      opened += counts ? 1 : 0;
    }
    if (opened >= 4) fail(command, at, "the fifth row within tFAW");
  }
  check_rows(command, at);
  check_use(command, at);
  history_.push_back({command, at});
  constexpr Cycle kLongest = 2000;  ///< clocks: no constraint of the tests is longer
  while (at - history_.front().at > kLongest) history_.pop_front();
}

}  // namespace bitbalance::dram::test
