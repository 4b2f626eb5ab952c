#include "tests/tlm/dram/figures_checker.h"

#include <algorithm>
#include <cstdint>

#include "tests/tlm/dram/command_kinds.h"

namespace bitbalance::dram::test {

FiguresChecker::FiguresChecker(const Config& config)
    : config_(config),
      banks_(static_cast<std::size_t>(config.geometry.all_banks())),
      ranks_(static_cast<std::size_t>(config.geometry.ranks)) {}

/// Each clock once, however many spans have it.
double FiguresChecker::clocks(Spans spans, Cycle end) {
  std::sort(spans.begin(), spans.end());
  Cycle sum = 0, until = 0;
  for (const auto& [from, to] : spans) {
    const Cycle first = std::max(from, until), last = std::min(to, end);
    sum += std::max<Cycle>(0, last - first);
    until = std::max(until, to);
  }
  return static_cast<double>(sum);
}

void FiguresChecker::pass(Cycle now) {
  const int writes = std::min(all_writes_, config_.controller.write_queue);
  const auto passed = static_cast<double>(now - now_);
  sums_["read_area"] += passed * reads_;
  sums_["write_area"] += passed * writes;
  if (reads_ + writes > 0) busy_.emplace_back(now_, now);
  now_ = now;
}

void FiguresChecker::added(const Burst& burst, Cycle now) {
  pass(now);
  if (burst.is_write) {
    writes_[place_of(burst.at)].push_back(burst);
    ++all_writes_;
    const int queued = std::min(all_writes_, config_.controller.write_queue);
    sums_["write_peak"] = std::max<double>(sums_["write_peak"], queued);
    sums_["write_bytes"] += burst.bytes;
  } else {
    more_reads_.push_back(burst);
    admit_reads();
  }
}

/// Those for which there is a place. A write of the whole burst that has come, but not gone, answers a read.
void FiguresChecker::admit_reads() {
  for (; reads_ < config_.controller.read_queue && !more_reads_.empty(); more_reads_.pop_front()) {
    const Burst& read = more_reads_.front();
    const auto& writes = writes_[place_of(read.at)];
    const bool is_forwarded = std::any_of(writes.begin(), writes.end(), [&](const Burst& write) {
      return write.bytes == config_.geometry.burst_bytes();
    });
    if (is_forwarded) {
      ++sums_["forwarded_bursts"];
      continue;
    }
    ++reads_;
    sums_["read_peak"] = std::max<double>(sums_["read_peak"], reads_);
    sums_["read_bytes"] += read.bytes;
    sums_["latency"] -= static_cast<double>(now_);
  }
}

void FiguresChecker::note_data(const Command& command) {
  const Timing& t = config_.timing;
  const bool is_read = is_any(command.kind, {Kind::kRead, Kind::kReadPrecharge});
  const bool is_masked = is_any(command.kind, {Kind::kMaskedWrite, Kind::kMaskedWritePrecharge});
  const int burst = config_.geometry.burst_clocks();
  const Cycle end = now_ + burst + (is_read ? t.cl + t.dqsck : t.cwl + t.dqss);
  Bank& bank = banks_[static_cast<std::size_t>(command.at.bank)];
  bank.may_close = std::max(bank.may_close, is_read ? now_ + t.rtp : end + t.wr);
  busy_.emplace_back(now_, end);
  const Kind direction = is_read ? Kind::kRead : Kind::kWrite;
  sums_["turn_arounds"] += direction_ != Kind::kActivate && direction_ != direction ? 1 : 0;
  direction_ = direction;
  ++sums_[is_read ? "read_bursts" : "write_bursts"];
  sums_["masked_bursts"] += is_masked ? 1 : 0;
  if (is_read) {
    sums_["latency"] += static_cast<double>(end);
    --reads_;
    admit_reads();
  } else {  // of two writes of a place the older one goes first
    writes_[place_of(command.at)].pop_front();
    --all_writes_;
  }
}

void FiguresChecker::close(int bank, Cycle at) {
  Bank& b = banks_[static_cast<std::size_t>(bank)];
  if (!b.is_open) return;
  b.is_open = false;
  ranks_[static_cast<std::size_t>(bank / config_.geometry.banks_per_rank())].open.emplace_back(b.opened, at);
}

void FiguresChecker::end_sleep(Rank& rank, Cycle at) {
  const char* const state = rank.sleep == Kind::kSelfRefresh ? "self_refresh"
                            : rank.has_open_rows             ? "active_power_down"
                                                             : "precharge_power_down";
  if (rank.sleep != Kind::kPowerUp) sums_[state] += static_cast<double>(at - rank.since);
  rank.sleep = Kind::kPowerUp;
}

void FiguresChecker::note(const Command& command, Cycle at, Cycle due) {
  pass(at);
  const Kind kind = command.kind;
  const int per_rank = config_.geometry.banks_per_rank(), first = command.at.rank * per_rank;
  Bank& bank = banks_[static_cast<std::size_t>(command.at.bank)];
  Rank& rank = ranks_[static_cast<std::size_t>(command.at.rank)];
  if (is_any(kind, {Kind::kRead, Kind::kReadPrecharge, Kind::kWrite, Kind::kWritePrecharge,
                    Kind::kMaskedWrite, Kind::kMaskedWritePrecharge})) {
    note_data(command);
  }
  if (kind == Kind::kActivate) {
    ++sums_["activates"];
    bank.is_open = true;
    bank.opened = at;
    bank.may_close = at + config_.timing.ras;
  }
  if (is_any(kind, {Kind::kPrecharge, Kind::kPrechargeAll, Kind::kReadPrecharge, Kind::kWritePrecharge,
                    Kind::kMaskedWritePrecharge})) {
    ++sums_["precharges"];
    if (kind == Kind::kPrechargeAll) {
      for (int b = first; b < first + per_rank; ++b) close(b, at);
    } else {
      close(command.at.bank, kind == Kind::kPrecharge ? at : bank.may_close);
    }
  }
  if (kind == Kind::kRefresh) {
    ++sums_["refreshes"];
    for (int b = first; b < first + per_rank; ++b)
      banks_[static_cast<std::size_t>(b)].refreshing.emplace_back(due, at + config_.timing.rfc);
  }
  if (kind == Kind::kRefreshBank) {
    ++sums_["bank_refreshes"];
    bank.refreshing.emplace_back(due, at + config_.timing.rfc_pb);
  }
  if (is_any(kind, {Kind::kPowerDown, Kind::kSelfRefresh})) {
    ++sums_[kind == Kind::kPowerDown ? "power_downs" : "self_refreshes"];
    rank.sleep = kind;
    rank.since = at;
    rank.has_open_rows = std::any_of(banks_.begin() + first, banks_.begin() + first + per_rank,
                                     [](const Bank& b) { return b.is_open; });
  }
  if (is_any(kind, {Kind::kPowerUp, Kind::kSelfRefreshExit})) end_sleep(rank, at);
}

Figures FiguresChecker::sums(Cycle end) {
  pass(end);
  sums_["busy"] = clocks(busy_, end);
  for (std::size_t b = 0; b < banks_.size(); ++b) {
    close(static_cast<int>(b), end);
    sums_["refreshing"] += clocks(banks_[b].refreshing, end);
  }
  for (Rank& rank : ranks_) {
    end_sleep(rank, end);
    sums_["open"] += clocks(rank.open, end);
  }
  return sums_;
}

Figures expected_figures(const Config& config, const std::vector<Figures>& channels, Cycle end) {
  const Geometry& g = config.geometry;
  const Timing& t = config.timing;
  Figures sum;
  std::map<std::string, double> peaks;
  for (Figures channel : channels) {
    for (const char* peak : {"read_peak", "write_peak"}) peaks[peak] = std::max(peaks[peak], channel[peak]);
    for (const auto& [name, value] : channel) sum[name] += value;
  }
  Figures all;
  for (const char* same : {"read_bursts", "write_bursts", "masked_bursts", "forwarded_bursts", "read_bytes",
                           "write_bytes", "activates", "precharges", "refreshes", "bank_refreshes",
                           "power_downs", "self_refreshes", "turn_arounds"}) {
    all[same] = sum[same];
  }
  const double tck =
      1e-12 * static_cast<double>(config.tck_ps_numerator) / static_cast<double>(config.tck_ps_denominator);
  const auto clocks = static_cast<double>(end);
  const auto n = static_cast<double>(channels.size()), ranks = n * g.ranks,
             banks = ranks * g.bank_groups * g.banks;
  const double bytes = sum["read_bytes"] + sum["write_bytes"];
  const double bursts = sum["read_bursts"] + sum["write_bursts"];
  const double burst_bytes = g.burst_length * g.width_bits / 8.0;
  all["peak_bytes_per_s"] = n * g.width_bits / 8 * 2 / tck;
  all["bytes_per_s"] = bytes / clocks / tck;
  all["busy_bytes_per_s"] = bytes / (sum["busy"] / n) / tck;
  all["bus_utilization"] = bursts * g.burst_length / 2 / clocks / n;
  all["busy_share"] = sum["busy"] / clocks / n;
  all["refresh_share"] = sum["refreshing"] / clocks / banks;
  all["unused_bytes"] = bursts * burst_bytes - bytes;
  all["power_down_share"] = (sum["active_power_down"] + sum["precharge_power_down"]) / clocks / ranks;
  all["self_refresh_share"] = sum["self_refresh"] / clocks / ranks;
  all["read_latency_mean_ns"] = sum["latency"] / sum["read_bursts"] * tck * 1e9;
  all["read_queue_mean_bursts"] = sum["read_area"] / clocks / n;
  all["write_queue_mean_bursts"] = sum["write_area"] / clocks / n;
  all["read_queue_peak_bursts"] = peaks["read_peak"];
  all["write_queue_peak_bursts"] = peaks["write_peak"];
  const DevicePower& p = config.power;
  if (p.devices == 0) return all;

  const double unit = p.devices * 1e-3 * tck;  // joules of a rank, by mW x clocks of a device
  const double asleep = sum["active_power_down"] + sum["precharge_power_down"] + sum["self_refresh"];
  const double active = sum["open"] - sum["active_power_down"];
  all["activate_energy_j"] =
      unit * sum["activates"] * (p.idd0 * t.rc - (p.idd3n * t.ras + p.idd2n * (t.rc - t.ras)));
  all["read_energy_j"] = unit * sum["read_bursts"] * (p.idd4r - p.idd3n) * g.burst_length / 2;
  all["write_energy_j"] = unit * sum["write_bursts"] * (p.idd4w - p.idd3n) * g.burst_length / 2;
  all["refresh_energy_j"] = unit * (p.idd5 - p.idd2n) * t.rfc *
                            (sum["refreshes"] + sum["bank_refreshes"] / (g.bank_groups * g.banks));
  all["background_energy_j"] = unit * (p.idd3n * active + p.idd2n * (clocks * ranks - active - asleep) +
                                       p.idd3p * sum["active_power_down"] +
                                       p.idd2p * sum["precharge_power_down"] + p.idd6 * sum["self_refresh"]);
  double& energy = all["energy_j"];
  for (const char* part : {"activate", "read", "write", "refresh", "background"})
    energy += all[std::string(part) + "_energy_j"];
  all["power_w"] = energy / (clocks * tck);
  return all;
}

}  // namespace bitbalance::dram::test
