#include "tlm/dram/figures/energy.h"

namespace bitbalance::dram {

Energy energy(const Config& config, const Counts& counts, Cycle elapsed) {
  const DevicePower& p = config.power;
  const Timing& t = config.timing;
  const Geometry& g = config.geometry;
  /// Of one device in mW x clocks, to joules of a rank.
  const auto joules = [&](double milliwatt_clocks) {
    return milliwatt_clocks * 1e-3 * config.tck_s() * p.devices;
  };
  const auto times = [](std::int64_t n) { return static_cast<double>(n); };
  Energy e;
  e.activate_j =
      joules(times(counts.activates) * (p.idd0 * t.rc - p.idd3n * t.ras - p.idd2n * (t.rc - t.ras)));
  e.read_j = joules(times(counts.read_bursts) * g.burst_clocks() * (p.idd4r - p.idd3n));
  e.write_j = joules(times(counts.write_bursts) * g.burst_clocks() * (p.idd4w - p.idd3n));
  const double refreshes = times(counts.refreshes) + times(counts.bank_refreshes) / g.banks_per_rank();
  e.refresh_j = joules(refreshes * t.rfc * (p.idd5 - p.idd2n));
  const StateClocks& s = counts.states;
  const Cycle active = elapsed * g.channels * g.ranks - s.precharge_standby - s.precharge_power_down -
                       s.active_power_down - s.self_refresh;
  e.background_j = joules(times(active) * p.idd3n + times(s.precharge_standby) * p.idd2n +
                          times(s.precharge_power_down) * p.idd2p + times(s.active_power_down) * p.idd3p +
                          times(s.self_refresh) * p.idd6);
  return e;
}

}  // namespace bitbalance::dram
