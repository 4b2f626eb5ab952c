#include "tlm/dram/config.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/config_error.h"
#include "tlm/dram/address_map.h"

namespace bitbalance::dram {
namespace {

void require(bool holds, const char* name, std::int64_t value, const std::string& accepted) {
  bitbalance::require(holds, "DRAM", name, value, accepted);
}

void check_power_of_two(const char* name, std::int64_t value, std::int64_t low, std::int64_t high) {
  require(value >= low && value <= high && (value & (value - 1)) == 0, name, value,
          fmt::format("a power of two, {} to {}", low, high));
}

void require_clocks(bool holds, const char* name, int clocks, const std::string& accepted) {
  if (!holds) throw ConfigError("DRAM", name, fmt::format("{} clocks", clocks), accepted);
}

void check_geometry(const Geometry& g) {
  check_power_of_two("channels", g.channels, 1, 64);
  check_power_of_two("ranks", g.ranks, 1, 8);
  check_power_of_two("bank_groups", g.bank_groups, 1, 8);
  check_power_of_two("banks", g.banks, 1, 64);
  require(g.all_banks() <= 64, "banks", g.banks, "ranks x bank_groups x banks of 64 at most");
  check_power_of_two("rows", g.rows, 1, 1 << 24);
  check_power_of_two("columns", g.columns, 1, 1 << 16);
  check_power_of_two("width_bits", g.width_bits, 8, 1024);
  check_power_of_two("BL", g.burst_length, 2, 32);
  require(g.columns % g.burst_length == 0, "BL", g.burst_length,
          fmt::format("a divisor of the {} columns of a row", g.columns));
}

/// JEDEC's names: without bank groups there is one figure instead of two.
struct Names {
  const char *rrd_s, *rrd_l, *ccd_s, *ccd_l, *wtr_s, *wtr_l;
};
constexpr Names kGrouped = {"tRRD_S", "tRRD_L", "tCCD_S", "tCCD_L", "tWTR_S", "tWTR_L"};
constexpr Names kUngrouped = {"tRRD", "tRRD", "tCCD", "tCCD", "tWTR", "tWTR"};

void check_ranges(const Timing& t, const Names& n) {
  struct Range {
    const char* name;
    int value;
    int low;
  };
  for (const Range& range :
       {Range{"CL", t.cl, 1},         Range{"CWL", t.cwl, 1},     Range{"tDQSCK", t.dqsck, 0},
        Range{"tDQSS", t.dqss, 0},    Range{"tRCD", t.rcd, 1},    Range{"tRP", t.rp, 1},
        Range{"tRPab", t.rp_ab, 1},   Range{"tRAS", t.ras, 1},    Range{"tRC", t.rc, 1},
        Range{n.rrd_s, t.rrd_s, 1},   Range{n.rrd_l, t.rrd_l, 1}, Range{"tFAW", t.faw, 1},
        Range{n.ccd_s, t.ccd_s, 1},   Range{n.ccd_l, t.ccd_l, 1}, Range{"tRTP", t.rtp, 1},
        Range{"tWR", t.wr, 1},        Range{n.wtr_s, t.wtr_s, 1}, Range{n.wtr_l, t.wtr_l, 1},
        Range{"tRTW", t.rtw, 1},      Range{"tRTRS", t.rtrs, 0},  Range{"tPPD", t.ppd, 0},
        Range{"tRFC", t.rfc, 1},      Range{"tREFI", t.refi, 1},  Range{"tCCDMW", t.ccd_mw, 0},
        Range{"tRFCpb", t.rfc_pb, 0}, Range{"tCKE", t.cke, 0},    Range{"tXP", t.xp, 0},
        Range{"tCKESR", t.ckesr, 0},  Range{"tXS", t.xs, 0}}) {
    require_clocks(range.value >= range.low && range.value <= 1'000'000, range.name, range.value,
                   fmt::format("{} to 1000000 clocks", range.low));
  }
}

/// Parameters that contradict one another.
void check_order(const Timing& t, const Geometry& g, const Names& n) {
  const auto at_least = [](const char* name, int clocks, int low, const std::string& what) {
    require_clocks(clocks >= low, name, clocks, fmt::format("at least {} ({} clocks)", what, low));
  };
  at_least("tRAS", t.ras, t.rcd, "tRCD");
  at_least("tRC", t.rc, t.ras + t.rp, "tRAS + tRP");
  at_least("tRPab", t.rp_ab, t.rp, "tRP");
  at_least(n.rrd_l, t.rrd_l, t.rrd_s, n.rrd_s);
  at_least("tFAW", t.faw, t.rrd_l, n.rrd_l);
  at_least(n.ccd_s, t.ccd_s, g.burst_clocks(), "BL / 2");
  at_least(n.ccd_l, t.ccd_l, t.ccd_s, n.ccd_s);
  at_least(n.wtr_l, t.wtr_l, t.wtr_s, n.wtr_s);
  at_least("tRTW", t.rtw, t.cl + t.dqsck + g.burst_clocks() - t.cwl - t.dqss,
           "CL + tDQSCK + BL / 2 - CWL - tDQSS");
  if (t.ccd_mw != 0) at_least("tCCDMW", t.ccd_mw, t.ccd_l, n.ccd_l);
}

bool refreshes_per_bank(const Config& config) {
  return config.controller.refresh == RefreshPolicy::kPerBank;
}

/// The command bus from a refresh to the end of a burst that it has closed the row of. Other banks' commands
/// can be in the way of both the activate and the read.
int clocks_of_reopening(const CommandClocks& k) {
  return k.precharge + k.refresh + 2 * (k.activate + k.column);
}

/// tREFI in which a refresh ends and a row is opened, used and closed.
int least_refi_of_banks(const Config& config) {
  const Timing& t = config.timing;
  const int refreshed = refreshes_per_bank(config)
                            ? config.geometry.banks_per_rank() * (t.rfc_pb + t.rp + t.ras + t.rcd)
                            : t.rfc + t.rp_ab + t.ras + t.rcd;
  return refreshed + clocks_of_reopening(config.commands);
}

int refreshes_of_channel(const Config& config) {
  const Geometry& g = config.geometry;
  return g.ranks * (refreshes_per_bank(config) ? g.banks_per_rank() : 1);
}

/// tREFI in which refreshes leave the command bus to others for long enough.
int least_refi_of_bus(const Config& config) {
  const CommandClocks& k = config.commands;
  const int longest = std::max({k.activate, k.precharge, k.column, k.refresh});
  return refreshes_of_channel(config) * (1 + k.precharge + k.refresh + 2 * longest);
}

void check_refresh(const Config& config) {
  const Timing& t = config.timing;
  const bool per_bank = refreshes_per_bank(config);
  if (per_bank) require_clocks(t.rfc_pb > 0, "tRFCpb", t.rfc_pb, "at least 1, with refresh per_bank");
  const int banks = least_refi_of_banks(config);
  require_clocks(t.refi >= banks, "tREFI", t.refi,
                 fmt::format("at least {} + {} of the command bus ({} clocks){}",
                             per_bank ? "banks x (tRFCpb + tRP + tRAS + tRCD)" : "tRFC + tRPab + tRAS + tRCD",
                             "precharge + refresh + 2 (activate + column)", banks,
                             per_bank ? ", with refresh per_bank" : ""));
  const int bus = least_refi_of_bus(config);
  require_clocks(
      t.refi >= bus, "tREFI", t.refi,
      fmt::format("at least {} refreshes with a precharge and two other commands after each ({} clocks)",
                  refreshes_of_channel(config), bus));
}

/// What an option of the controller needs of the device.
void check_options(const Config& config) {
  const Timing& t = config.timing;
  const ControllerConfig& c = config.controller;
  constexpr int kLongest = 1'000'000'000;
  require(c.power_down_after >= 0 && c.power_down_after <= kLongest, "power_down_after", c.power_down_after,
          "0 (never) to 1000000000 clocks");
  require(c.self_refresh_after >= 0 && c.self_refresh_after <= kLongest, "self_refresh_after",
          c.self_refresh_after, "0 (never) to 1000000000 clocks");
  require_clocks(c.power_down_after == 0 || t.xp > 0, "tXP", t.xp, "at least 1, with power_down_after");
  require_clocks(c.self_refresh_after == 0 || t.xs > 0, "tXS", t.xs, "at least 1, with self_refresh_after");
}

void check_power(const DevicePower& p, const Timing& t) {
  require(p.devices >= 0 && p.devices <= 1024, "devices", p.devices, "0 (no energy) to 1024 of a rank");
  const auto at_least = [](const char* name, double value, double low, const char* what) {
    if (!(value >= low && value <= 1e6)) {
      throw ConfigError("DRAM", name, fmt::format("{} mW", value), fmt::format("{} to 1000000 mW", what));
    }
  };
  at_least("IDD2P", p.idd2p, 0, "0");
  at_least("IDD6", p.idd6, 0, "0");
  at_least("IDD3P", p.idd3p, 0, "0");
  at_least("IDD2N", p.idd2n, p.idd2p, "IDD2P");
  at_least("IDD3N", p.idd3n, std::max(p.idd2n, p.idd3p), "IDD2N and IDD3P");
  at_least("IDD0", p.idd0, (p.idd3n * t.ras + p.idd2n * (t.rc - t.ras)) / t.rc,
           "what IDD3N and IDD2N are over tRC");
  at_least("IDD4R", p.idd4r, p.idd3n, "IDD3N");
  at_least("IDD4W", p.idd4w, p.idd3n, "IDD3N");
  at_least("IDD5", p.idd5, p.idd2n, "IDD2N");
}

void check_controller(const ControllerConfig& c) {
  require(c.read_queue >= 1 && c.read_queue <= 1024, "read_queue", c.read_queue, "1 to 1024 bursts");
  require(c.write_queue >= 1 && c.write_queue <= 1024, "write_queue", c.write_queue, "1 to 1024 bursts");
  require(c.write_high >= 1 && c.write_high <= c.write_queue, "write_high", c.write_high,
          fmt::format("1 to write_queue ({})", c.write_queue));
  require(c.write_low >= 0 && c.write_low < c.write_high, "write_low", c.write_low,
          fmt::format("0 to write_high - 1 ({})", c.write_high - 1));
  require(c.row_hit_limit >= 1 && c.row_hit_limit <= 1'000'000, "row_hit_limit", c.row_hit_limit,
          "1 to 1000000 bursts");
}

}  // namespace

int least_refi(const Config& config) {
  return std::max(least_refi_of_banks(config), least_refi_of_bus(config));
}

void check(const Config& config) {
  // Bounds keep cycles x tCK within 64 bits for some hours.
  require(config.tck_ps_numerator >= 1 && config.tck_ps_denominator >= 1 &&
              config.tck_ps_denominator <= 1000 &&
              config.tck_ps_numerator <= 1'000'000 * config.tck_ps_denominator,
          "tCK", config.tck_ps_numerator / config.tck_ps_denominator,
          "up to 1000000 ps, a fraction with a denominator up to 1000");
  check_geometry(config.geometry);
  const Names& names = config.geometry.bank_groups > 1 ? kGrouped : kUngrouped;
  check_ranges(config.timing, names);
  check_order(config.timing, config.geometry, names);
  const CommandClocks& c = config.commands;
  for (const auto& [name, clocks] : {std::pair{"activate", c.activate}, std::pair{"precharge", c.precharge},
                                     std::pair{"column", c.column}, std::pair{"refresh", c.refresh}}) {
    require_clocks(clocks >= 1 && clocks <= 16, name, clocks, "1 to 16 clocks of the command bus");
  }
  check_refresh(config);
  check_controller(config.controller);
  check_options(config);
  check_power(config.power, config.timing);
  AddressMap(config.geometry, config.controller.address_map);
}

void check_capacity(const Config& config, std::uint64_t bytes) {
  const std::int64_t capacity = config.geometry.capacity_bytes();
  if (bytes <= static_cast<std::uint64_t>(capacity)) return;
  throw ConfigError("DRAM", "rows",
                    fmt::format("{}: the DRAM holds {} bytes", config.geometry.rows, capacity),
                    fmt::format("rows for the {} bytes in use", bytes));
}

const char* to_string(PagePolicy policy) {
  switch (policy) {
    case PagePolicy::kOpen:
      return "open";
    case PagePolicy::kClosed:
      return "closed";
  }
  return "?";
}

const char* to_string(SchedulerPolicy policy) {
  switch (policy) {
    case SchedulerPolicy::kFrFcfs:
      return "fr_fcfs";
    case SchedulerPolicy::kFcfs:
      return "fcfs";
  }
  return "?";
}

const char* to_string(TurnPolicy policy) {
  switch (policy) {
    case TurnPolicy::kTurns:
      return "turns";
    case TurnPolicy::kWatermarks:
      return "watermarks";
  }
  return "?";
}

const char* to_string(RefreshPolicy policy) {
  switch (policy) {
    case RefreshPolicy::kAllBanks:
      return "all_banks";
    case RefreshPolicy::kPerBank:
      return "per_bank";
  }
  return "?";
}

}  // namespace bitbalance::dram
