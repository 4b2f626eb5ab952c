#include "tlm/dram/figures/statistics.h"

#include <algorithm>

#include "base/quotient.h"
#include "tlm/dram/figures/energy.h"

namespace bitbalance::dram {

Counts& Counts::operator+=(const Counts& o) {
  read_bursts += o.read_bursts;
  write_bursts += o.write_bursts;
  read_bytes += o.read_bytes;
  write_bytes += o.write_bytes;
  forwarded_bursts += o.forwarded_bursts;
  row_hits += o.row_hits;
  row_misses += o.row_misses;
  row_conflicts += o.row_conflicts;
  masked_bursts += o.masked_bursts;
  activates += o.activates;
  precharges += o.precharges;
  refreshes += o.refreshes;
  bank_refreshes += o.bank_refreshes;
  power_downs += o.power_downs;
  self_refreshes += o.self_refreshes;
  turn_arounds += o.turn_arounds;
  busy += o.busy;
  refreshing += o.refreshing;
  states += o.states;
  read_latency += o.read_latency;
  read_queue_area += o.read_queue_area;
  write_queue_area += o.write_queue_area;
  read_queue_peak = std::max(read_queue_peak, o.read_queue_peak);
  write_queue_peak = std::max(write_queue_peak, o.write_queue_peak);
  return *this;
}

std::vector<Statistic> statistics(const Config& config, const Counts& c, Cycle elapsed) {
  const Geometry& g = config.geometry;
  const auto bursts = static_cast<double>(c.read_bursts + c.write_bursts);
  const auto bytes = static_cast<double>(c.read_bytes + c.write_bytes);
  const double channel_clocks = static_cast<double>(elapsed) * g.channels;
  const auto busy = static_cast<double>(c.busy);
  const auto count = [](std::int64_t n) { return static_cast<double>(n); };
  const double rank_clocks = channel_clocks * g.ranks;
  std::vector<Statistic> all = {
      {"peak_bytes_per_s", "bytes/s", "all data buses without a pause", config.peak_bytes_per_s()},
      {"bytes_per_s", "bytes/s", "asked for, over all time",
       quotient(bytes, count(elapsed) * config.tck_s())},
      {"busy_bytes_per_s", "bytes/s", "asked for, while a channel has a burst queued, times channels",
       quotient(bytes * g.channels, busy * config.tck_s())},
      {"bus_utilization", "1", "share of all time that the data buses transfer",
       quotient(bursts * g.burst_clocks(), channel_clocks)},
      {"busy_share", "1", "share of all time with a burst queued", quotient(busy, channel_clocks)},
      {"refresh_share", "1", "share of all time that banks wait for a refresh or do it",
       quotient(count(c.refreshing), channel_clocks * g.all_banks())},
      {"row_hits", "bursts", "their row was open", c.row_hits},
      {"row_misses", "bursts", "their bank was closed", c.row_misses},
      {"row_conflicts", "bursts", "their bank had another row open", c.row_conflicts},
      {"row_hit_share", "1", "row hits of all bursts", quotient(count(c.row_hits), bursts)},
      {"read_bursts", "bursts", "from the devices, forwarded ones not among them", c.read_bursts},
      {"write_bursts", "bursts", "to the devices", c.write_bursts},
      {"masked_bursts", "bursts", "writes of part of a burst, by a command of their own", c.masked_bursts},
      {"forwarded_bursts", "bursts", "reads answered out of the write queue", c.forwarded_bursts},
      {"read_bytes", "bytes", "asked for", c.read_bytes},
      {"write_bytes", "bytes", "asked for", c.write_bytes},
      {"unused_bytes", "bytes", "of bursts that were not asked for",
       (c.read_bursts + c.write_bursts) * g.burst_bytes() - (c.read_bytes + c.write_bytes)},
      {"activates", "commands", "ACT", c.activates},
      {"precharges", "commands", "PRE, PREA and auto-precharge", c.precharges},
      {"refreshes", "commands", "REF", c.refreshes},
      {"bank_refreshes", "commands", "REFpb", c.bank_refreshes},
      {"power_downs", "commands", "PDE", c.power_downs},
      {"self_refreshes", "commands", "SRE", c.self_refreshes},
      {"power_down_share", "1", "share of all time that ranks are in power-down",
       quotient(count(c.states.precharge_power_down + c.states.active_power_down), rank_clocks)},
      {"self_refresh_share", "1", "share of all time that ranks refresh themselves",
       quotient(count(c.states.self_refresh), rank_clocks)},
      {"turn_arounds", "turns", "of a data bus between reading and writing", c.turn_arounds},
      {"read_latency_mean_ns", "ns", "from the read queue to the end of the data",
       quotient(count(c.read_latency) * config.tck_s() * 1e9, count(c.read_bursts))},
      {"read_queue_mean_bursts", "bursts", "of a channel, over all time",
       quotient(count(c.read_queue_area), channel_clocks)},
      {"read_queue_peak_bursts", "bursts", "of a channel", c.read_queue_peak},
      {"write_queue_mean_bursts", "bursts", "of a channel, over all time",
       quotient(count(c.write_queue_area), channel_clocks)},
      {"write_queue_peak_bursts", "bursts", "of a channel", c.write_queue_peak},
  };
  if (config.power.devices == 0) return all;
  const Energy e = energy(config, c, elapsed);
  all.insert(all.end(),
             {{"energy_j", "J", "of the devices", e.total_j()},
              {"activate_energy_j", "J", "of ACT and PRE", e.activate_j},
              {"read_energy_j", "J", "of RD, beyond standby", e.read_j},
              {"write_energy_j", "J", "of WR, beyond standby", e.write_j},
              {"refresh_energy_j", "J", "of REF and REFpb, beyond standby", e.refresh_j},
              {"background_energy_j", "J", "of standby, power-down and self-refresh", e.background_j},
              {"power_w", "W", "of the devices, on average",
               quotient(e.total_j(), count(elapsed) * config.tck_s())}});
  return all;
}

}  // namespace bitbalance::dram
