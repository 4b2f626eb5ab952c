#include "tlm/dram/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace bitbalance::dram {
namespace {

void raise(Cycle& bound, Cycle to) {
  bound = std::max(bound, to);
}

std::array<int, kCommandKinds> clocks_of(const CommandClocks& commands) {
  std::array<int, kCommandKinds> clocks{};
  for (std::size_t k = 0; k < kCommandKinds; ++k) {
    switch (static_cast<CommandKind>(k)) {
      case CommandKind::kActivate:
        clocks[k] = commands.activate;
        break;
      case CommandKind::kPrecharge:
      case CommandKind::kPrechargeAll:
        clocks[k] = commands.precharge;
        break;
      case CommandKind::kRefresh:
      case CommandKind::kRefreshBank:
      case CommandKind::kSelfRefresh:
        clocks[k] = commands.refresh;
        break;
      case CommandKind::kPowerDown:
      case CommandKind::kPowerUp:
      case CommandKind::kSelfRefreshExit:
        clocks[k] = 1;  // CKE, and no command beside it
        break;
      default:
        clocks[k] = commands.column;
    }
  }
  return clocks;
}

}  // namespace

const char* to_string(CommandKind kind) {
  constexpr const char* kNames[] = {"ACT",  "PRE", "PREA",  "RD",  "WR",  "RDA", "WRA", "MWR",
                                    "MWRA", "REF", "REFpb", "PDE", "PDX", "SRE", "SRX"};
  return kNames[enum_index(kind)];
}

Device::Device(const Config& config)
    : timing_(config.timing),
      clocks_(clocks_of(config.commands)),
      burst_clocks_(config.geometry.burst_clocks()),
      read_latency_(config.timing.cl + config.timing.dqsck),
      write_latency_(config.timing.cwl + config.timing.dqss),
      banks_per_rank_(config.geometry.banks_per_rank()),
      banks_(static_cast<std::size_t>(config.geometry.all_banks())),
      groups_(static_cast<std::size_t>(config.geometry.ranks) * config.geometry.bank_groups),
      ranks_(static_cast<std::size_t>(config.geometry.ranks)) {}

template <class Body>
void Device::for_banks(int rank, Body body) {
  const auto first = banks_.begin() + std::ptrdiff_t{rank} * banks_per_rank_;
  std::for_each(first, first + banks_per_rank_, body);
}

template <class Body>
void Device::for_banks(int rank, Body body) const {
  const auto first = banks_.begin() + std::ptrdiff_t{rank} * banks_per_rank_;
  std::for_each(first, first + banks_per_rank_, body);
}

Cycle Device::earliest_of_rank(CommandKind kind, const Location& at) const {
  switch (kind) {
    case CommandKind::kPrechargeAll:
      return earliest_precharge_all(at.rank);
    case CommandKind::kRefresh:
      return earliest_refresh(at.rank);
    case CommandKind::kSelfRefresh:
      return std::max(earliest_refresh(at.rank), rank(at).data_end);
    case CommandKind::kRefreshBank:
      return earliest_refresh_bank(at);
    case CommandKind::kPowerDown:
      return earliest_power_down(at.rank);
    default:
      return kNever;  // ends a sleep, of a rank that is awake
  }
}

Cycle Device::earliest_precharge_all(int rank) const {
  Cycle cycle = std::max(ranks_[rank].precharge, ranks_[rank].refresh_bank);
  for_banks(rank, [&](const Bank& bank) {
    if (bank.open_row != kNoRow) raise(cycle, bank.precharge);
  });
  return cycle;
}

Cycle Device::earliest_refresh(int rank) const {
  if (any_open(rank)) return kNever;
  Cycle cycle = 0;
  for_banks(rank, [&](const Bank& bank) { raise(cycle, bank.activate); });
  return cycle;
}

Cycle Device::earliest_refresh_bank(const Location& at) const {
  if (bank(at).open_row != kNoRow) return kNever;
  return std::max(earliest_activate(at), rank(at).refresh_bank);
}

Cycle Device::earliest_power_down(int rank) const {
  Cycle cycle = ranks_[rank].data_end;
  for_banks(rank, [&](const Bank& bank) {
    raise(cycle, bank.open_row != kNoRow ? bank.precharge : bank.activate);
  });
  return cycle;
}

void Device::issue(const Command& command, Cycle at) {
  const Cycle first = earliest(command);
  if (at < first) {
    throw std::logic_error(fmt::format("{} of bank {} at clock {}: first allowed at {}",
                                       to_string(command.kind), command.at.bank, at,
                                       first == kNever ? "no time" : std::to_string(first)));
  }
  bus_free_ = at + 1;
  Rank& rank = this->rank(command.at);
  switch (command.kind) {
    case CommandKind::kActivate:
      activate(command.at, at);
      break;
    case CommandKind::kPrecharge:
      raise(rank.precharge, at + timing_.ppd);
      precharge(command.at, at);
      break;
    case CommandKind::kPrechargeAll:
      precharge_all(command.at.rank, at);
      break;
    case CommandKind::kRefresh:
      for_banks(command.at.rank, [&](Bank& bank) { raise(bank.activate, at + timing_.rfc); });
      break;
    case CommandKind::kRefreshBank:
      refresh_bank(command.at, at);
      break;
    case CommandKind::kPowerDown:
      fall_asleep(rank, Sleep::kPowerDown, at + timing_.cke);
      break;
    case CommandKind::kSelfRefresh:
      fall_asleep(rank, Sleep::kSelfRefresh, at + timing_.ckesr);
      break;
    case CommandKind::kPowerUp:
      wake_up(rank, at + timing_.xp);
      break;
    case CommandKind::kSelfRefreshExit:
      wake_up(rank, at + timing_.xs);
      break;
    default:
      is_write(command.kind) ? write(command.at, at) : read(command.at, at);
      if (!keeps_rows(command.kind)) auto_precharge(command.at);
  }
}

void Device::activate(const Location& at, Cycle cycle) {
  Bank& b = bank(at);
  b.open_row = at.row;
  raise(b.column, cycle + timing_.rcd);
  raise(b.precharge, cycle + timing_.ras);
  raise(b.activate, cycle + timing_.rc);
  note_activate(at, cycle);
  ++rank(at).open_banks;
}

void Device::note_activate(const Location& at, Cycle cycle) {
  raise(group(at).activate, cycle + timing_.rrd_l);
  Rank& r = rank(at);
  raise(r.activate, cycle + timing_.rrd_s);
  r.windows[r.oldest] = cycle + timing_.faw;
  r.oldest = (r.oldest + 1) % r.windows.size();
}

void Device::refresh_bank(const Location& at, Cycle cycle) {
  note_activate(at, cycle);
  raise(bank(at).activate, cycle + timing_.rfc_pb);
  raise(rank(at).refresh_bank, cycle + timing_.rfc_pb);
}

void Device::fall_asleep(Rank& rank, Sleep sleep, Cycle wake) {
  rank.sleep = sleep;
  rank.wake = wake;
}

void Device::wake_up(Rank& rank, Cycle any) {
  rank.sleep = Sleep::kAwake;
  rank.any = any;
}

void Device::precharge(const Location& at, Cycle cycle) {
  Bank& b = bank(at);
  b.open_row = kNoRow;
  b.closed_from = cycle;
  raise(b.activate, cycle + timing_.rp);
  --rank(at).open_banks;
}

void Device::precharge_all(int rank, Cycle cycle) {
  for_banks(rank, [&](Bank& bank) {
    if (bank.open_row != kNoRow) bank.closed_from = cycle;
    bank.open_row = kNoRow;
    raise(bank.activate, cycle + timing_.rp_ab);
  });
  ranks_[rank].open_banks = 0;
}

void Device::auto_precharge(const Location& at) {
  precharge(at, bank(at).precharge);
}

void Device::read(const Location& at, Cycle cycle) {
  raise(bank(at).precharge, cycle + timing_.rtp);
  raise(rank(at).data_end, read_data_end(cycle) + 1);
  raise(group(at).read, cycle + timing_.ccd_l);
  for (Rank& r : ranks_) {
    const bool same = &r == &rank(at);
    raise(r.read, cycle + (same ? timing_.ccd_s : burst_clocks_ + timing_.rtrs));
    raise(r.write, cycle + timing_.rtw);
  }
}

void Device::write(const Location& at, Cycle cycle) {
  const Cycle end = write_data_end(cycle);
  raise(bank(at).precharge, end + timing_.wr);
  raise(bank(at).masked_write, cycle + timing_.ccd_mw);
  raise(group(at).write, cycle + timing_.ccd_l);
  raise(group(at).read, end + timing_.wtr_l);
  for (Rank& r : ranks_) {
    const bool same = &r == &rank(at);
    raise(r.write, cycle + (same ? timing_.ccd_s : burst_clocks_ + timing_.rtrs));
    raise(r.read, same ? end + timing_.wtr_s : end + timing_.rtrs - read_latency_);
  }
}

}  // namespace bitbalance::dram
