#include "tlm/dram/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/text/enum_index.h"

namespace bitbalance::dram {
namespace {

void raise(Cycle& bound, Cycle to) {
  bound = std::max(bound, to);
}

}  // namespace

const char* to_string(CommandKind kind) {
  constexpr const char* kNames[] = {"ACT", "PRE", "PREA", "RD", "WR", "RDA", "WRA", "REF"};
  return kNames[enum_index(kind)];
}

Device::Device(const Config& config)
    : timing_(config.timing),
      commands_(config.commands),
      burst_clocks_(config.geometry.burst_clocks()),
      read_latency_(config.timing.cl + config.timing.dqsck),
      write_latency_(config.timing.cwl + config.timing.dqss),
      banks_per_rank_(config.geometry.bank_groups * config.geometry.banks),
      banks_(static_cast<std::size_t>(config.geometry.all_banks())),
      groups_(static_cast<std::size_t>(config.geometry.ranks) * config.geometry.bank_groups),
      ranks_(static_cast<std::size_t>(config.geometry.ranks)) {}

int Device::clocks(CommandKind kind) const {
  switch (kind) {
    case CommandKind::kActivate:
      return commands_.activate;
    case CommandKind::kPrecharge:
    case CommandKind::kPrechargeAll:
      return commands_.precharge;
    case CommandKind::kRefresh:
      return commands_.refresh;
    default:
      return commands_.column;
  }
}

template <class Body>
void Device::for_banks(int rank, Body body) {
  const auto first = banks_.begin() + std::ptrdiff_t{rank} * banks_per_rank_;
  std::for_each(first, first + banks_per_rank_, body);
}

Cycle Device::earliest(const Command& command, Cycle from) const {
  const Location& at = command.at;
  Cycle cycle = kNever;
  switch (command.kind) {
    case CommandKind::kActivate:
      if (bank(at).open_row != kNoRow) return kNever;
      cycle = std::max(
          {bank(at).activate, group(at).activate, rank(at).activate, rank(at).windows[rank(at).oldest]});
      break;
    case CommandKind::kPrecharge:
      if (bank(at).open_row == kNoRow) return kNever;
      cycle = std::max(bank(at).precharge, rank(at).precharge);
      break;
    case CommandKind::kPrechargeAll:
      cycle = earliest_precharge_all(at.rank);
      break;
    case CommandKind::kRefresh:
      cycle = earliest_refresh(at.rank);
      break;
    case CommandKind::kRead:
    case CommandKind::kReadPrecharge:
      cycle = earliest_column(at, false);
      break;
    case CommandKind::kWrite:
    case CommandKind::kWritePrecharge:
      cycle = earliest_column(at, true);
      break;
  }
  return cycle == kNever ? kNever : std::max(cycle, std::max(bus_free_, from) + clocks(command.kind) - 1);
}

Cycle Device::earliest_column(const Location& at, bool is_write) const {
  if (bank(at).open_row != at.row) return kNever;
  return is_write ? std::max({bank(at).column, group(at).write, rank(at).write})
                  : std::max({bank(at).column, group(at).read, rank(at).read});
}

Cycle Device::earliest_precharge_all(int rank) const {
  Cycle cycle = ranks_[rank].precharge;
  const auto first = banks_.begin() + std::ptrdiff_t{rank} * banks_per_rank_;
  std::for_each(first, first + banks_per_rank_, [&](const Bank& bank) {
    if (bank.open_row != kNoRow) raise(cycle, bank.precharge);
  });
  return cycle;
}

Cycle Device::earliest_refresh(int rank) const {
  if (any_open(rank)) return kNever;
  Cycle cycle = 0;
  const auto first = banks_.begin() + std::ptrdiff_t{rank} * banks_per_rank_;
  std::for_each(first, first + banks_per_rank_, [&](const Bank& bank) { raise(cycle, bank.activate); });
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
  switch (command.kind) {
    case CommandKind::kActivate:
      activate(command.at, at);
      break;
    case CommandKind::kPrecharge:
      raise(rank(command.at).precharge, at + timing_.ppd);
      precharge(command.at, at, timing_.rp);
      break;
    case CommandKind::kPrechargeAll:
      for_banks(command.at.rank, [&](Bank& bank) {
        bank.open_row = kNoRow;
        raise(bank.activate, at + timing_.rp_ab);
      });
      rank(command.at).open_banks = 0;
      break;
    case CommandKind::kRead:
      read(command.at, at);
      break;
    case CommandKind::kReadPrecharge:
      read(command.at, at);
      precharge_behind(command.at);
      break;
    case CommandKind::kWrite:
      write(command.at, at);
      break;
    case CommandKind::kWritePrecharge:
      write(command.at, at);
      precharge_behind(command.at);
      break;
    case CommandKind::kRefresh:
      for_banks(command.at.rank, [&](Bank& bank) { raise(bank.activate, at + timing_.rfc); });
      break;
  }
}

void Device::activate(const Location& at, Cycle cycle) {
  Bank& b = bank(at);
  b.open_row = at.row;
  raise(b.column, cycle + timing_.rcd);
  raise(b.precharge, cycle + timing_.ras);
  raise(b.activate, cycle + timing_.rc);
  raise(group(at).activate, cycle + timing_.rrd_l);
  Rank& r = rank(at);
  raise(r.activate, cycle + timing_.rrd_s);
  r.windows[r.oldest] = cycle + timing_.faw;
  r.oldest = (r.oldest + 1) % r.windows.size();
  ++r.open_banks;
}

void Device::precharge(const Location& at, Cycle cycle, int to_activate) {
  Bank& b = bank(at);
  b.open_row = kNoRow;
  raise(b.activate, cycle + to_activate);
  --rank(at).open_banks;
}

void Device::precharge_behind(const Location& at) {
  precharge(at, bank(at).precharge, timing_.rp);
}

void Device::read(const Location& at, Cycle cycle) {
  raise(bank(at).precharge, cycle + timing_.rtp);
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
  raise(group(at).write, cycle + timing_.ccd_l);
  raise(group(at).read, end + timing_.wtr_l);
  for (Rank& r : ranks_) {
    const bool same = &r == &rank(at);
    raise(r.write, cycle + (same ? timing_.ccd_s : burst_clocks_ + timing_.rtrs));
    raise(r.read, same ? end + timing_.wtr_s : end + timing_.rtrs - read_latency_);
  }
}

}  // namespace bitbalance::dram
