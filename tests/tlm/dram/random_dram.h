// Timed memories of any shape and policy, valid by construction.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/random/random_draw.h"
#include "tests/tlm/dram/presets.h"

namespace bitbalance::dram::test {

/// Any clocks that do not contradict one another; those of sleep and of single banks have functions of their
/// own.
inline void draw_timing(bitbalance::test::RandomDraw& draw, Config& c) {
  Timing& t = c.timing;
  const int burst = c.geometry.burst_clocks();
  t.cl = draw.uniform(1, 30);
  t.cwl = draw.uniform(1, 30);
  t.dqsck = draw.uniform(0, 6);
  t.dqss = draw.uniform(0, 2);
  t.rcd = draw.uniform(1, 30);
  t.rp = draw.uniform(1, 30);
  t.rp_ab = t.rp + draw.uniform(0, 6);
  t.ras = t.rcd + draw.uniform(0, 40);
  t.rc = t.ras + t.rp + draw.uniform(0, 5);
  t.rrd_s = draw.uniform(1, 16);
  t.rrd_l = t.rrd_s + draw.uniform(0, 4);
  t.faw = t.rrd_l + draw.uniform(0, 60);
  t.ccd_s = burst + draw.uniform(0, 2);
  t.ccd_l = t.ccd_s + draw.uniform(0, 4);
  t.rtp = draw.uniform(1, 12);
  t.wr = draw.uniform(1, 30);
  t.wtr_s = draw.uniform(1, 16);
  t.wtr_l = t.wtr_s + draw.uniform(0, 8);
  t.rtw = std::max(1, t.cl + t.dqsck + burst - t.cwl - t.dqss) + draw.uniform(0, 6);
  t.rtrs = draw.uniform(0, 3);
  t.ppd = draw.uniform(0, 4);
  t.rfc = draw.uniform(1, 500);
}

/// Powers down after short and long pauses, or never.
inline void draw_sleep(bitbalance::test::RandomDraw& draw, Config& c) {
  c.timing.cke = draw.uniform(0, 10);
  c.timing.xp = draw.uniform(1, 10);
  c.timing.ckesr = draw.uniform(0, 20);
  c.timing.xs = draw.uniform(1, 500);
  c.controller.power_down_after = draw.pick({0, 1, 20, 300, draw.uniform(1, 5000)});
  c.controller.self_refresh_after = draw.pick({0, 1, 50, 2000, draw.uniform(1, 5000)});
}

/// Of all banks or of one after another, often.
inline void draw_refresh(bitbalance::test::RandomDraw& draw, Config& c) {
  c.timing.rfc_pb = draw.pick({10, 40, 200});
  if (draw.chance(0.4)) c.controller.refresh = RefreshPolicy::kPerBank;
  c.timing.refi = std::max(draw.pick({700, 1000, 5000, kNoRefresh}), least_refi(c));
}

/// Bits of a number that is a power of two.
inline int bits_of(std::int64_t power) {
  int bits = 0;
  while (power > 1) power /= 2, ++bits;
  return bits;
}

/// Any powers of two that the checks of a configuration take, with `bytes` at least. The burst length stays.
inline void draw_geometry(bitbalance::test::RandomDraw& draw, Geometry& g, std::int64_t bytes) {
  g.channels = draw.pick({1, 1, 2, 4});
  g.ranks = 1 << draw.uniform(0, 3);
  g.bank_groups = 1 << draw.uniform(0, 3);
  g.banks = 1 << draw.uniform(0, 4);
  while (g.all_banks() > 64) {
    int& figure = *draw.pick({&g.ranks, &g.bank_groups, &g.banks});
    figure = std::max(1, figure / 2);
  }
  g.width_bits = draw.chance(0.7) ? draw.pick({8, 16, 64, 128}) : 8 << draw.uniform(0, 7);
  g.columns = g.burst_length << draw.uniform(0, 8);
  g.rows = 1 << draw.uniform(0, 17);
  while (g.capacity_bytes() < bytes && g.rows < 1 << 24) g.rows *= 2;
  while (g.capacity_bytes() < bytes) g.columns *= 2;
}

/// Fields in any order, some of them cut; those without a bit are named or not.
inline std::string draw_address_map(bitbalance::test::RandomDraw& draw, const Geometry& g) {
  const std::vector<std::pair<std::string, int>> fields = {
      {"channel", bits_of(g.channels)}, {"rank", bits_of(g.ranks)}, {"bank_group", bits_of(g.bank_groups)},
      {"bank", bits_of(g.banks)},       {"row", bits_of(g.rows)},   {"column", bits_of(g.bursts_per_row())}};
  std::vector<std::string> names;  // one for each piece of a field
  std::map<std::string, std::vector<std::string>> pieces;
  for (const auto& [name, bits] : fields) {
    int left = bits;
    if (left == 0 && draw.chance(0.5)) continue;
    while (left > 1 && draw.chance(0.4)) {
      const int width = draw.uniform(1, left - 1);
      pieces[name].push_back(name + ":" + std::to_string(width));
      left -= width;
    }
    const bool has_width = left > 0 && draw.chance(0.5);
    pieces[name].push_back(has_width ? name + ":" + std::to_string(left) : name);
    names.insert(names.end(), pieces[name].size(), name);
  }
  std::shuffle(names.begin(), names.end(), draw.engine());
  std::map<std::string, std::size_t> next;
  std::string map;
  for (const std::string& name : names) map += (map.empty() ? "" : " ") + pieces[name][next[name]++];
  return map;
}

/// Of its present times, or any from 300 ps to 20 ns.
inline void draw_clock(bitbalance::test::RandomDraw& draw, Config& c) {
  if (draw.chance(0.5)) return;
  c.tck_ps_denominator = draw.chance(0.6) ? 3 : draw.uniform(1, 1000);
  const auto denominator = static_cast<int>(c.tck_ps_denominator);
  c.tck_ps_numerator = denominator == 3 ? draw.pick({2500, 5000, 1000})
                                        : draw.uniform(300 * denominator, 20'000 * denominator);
}

/// Of the command bus: as DDR, as LPDDR4 or any.
inline void draw_command_clocks(bitbalance::test::RandomDraw& draw, Config& c) {
  CommandClocks& k = c.commands;
  if (draw.chance(0.3)) {
    k = {4, 2, 4, 2};
  } else if (draw.chance(0.3)) {
    k = {draw.uniform(1, 16), draw.uniform(1, 16), draw.uniform(1, 16), draw.uniform(1, 16)};
  }
}

/// Of no device, of those that tests know by heart, or of any.
inline void draw_power(bitbalance::test::RandomDraw& draw, Config& c) {
  DevicePower& p = c.power;
  const Timing& t = c.timing;
  p = draw.chance(0.8) ? kPower : DevicePower();
  if (draw.chance(0.4)) {
    p.devices = draw.pick({1, 4, 8, draw.uniform(1, 1024)});
    for (double* low : {&p.idd2p, &p.idd3p, &p.idd6}) *low = draw.real(0, 50);
    p.idd2n = p.idd2p + draw.real(0, 30);
    p.idd3n = std::max(p.idd2n, p.idd3p) + draw.real(0, 30);
    for (double* high : {&p.idd4r, &p.idd4w, &p.idd5}) *high = p.idd3n + draw.real(0, 300);
  }
  const double standby = (p.idd3n * t.ras + p.idd2n * (t.rc - t.ras)) / t.rc;
  p.idd0 = std::max(p.idd0, standby + draw.real(0.01, 40));
}

/// Short queues for the most part, and up to the longest.
inline void draw_queues(bitbalance::test::RandomDraw& draw, ControllerConfig& controller) {
  const int longest = draw.pick({4, 40, 40, 40, 40, 1024});
  controller.read_queue = draw.uniform(1, longest);
  controller.write_queue = draw.uniform(1, longest);
  controller.write_high = draw.uniform(1, controller.write_queue);
  controller.write_low = draw.uniform(0, controller.write_high - 1);
  controller.row_hit_limit = draw.chance(0.8) ? draw.uniform(1, 20) : draw.uniform(1, 1'000'000);
}

/// Room for the programs of the tests.
inline constexpr std::int64_t kRandomDramBytes = 1 << 28;

/// One of the presets or any geometry, map and clocks, with random buses, queues, policies and clock;
/// refreshes come often.
inline Config random_dram(bitbalance::test::RandomDraw& draw) {
  Config c = draw.chance(0.5) ? ddr3() : two_ranks();
  const bool has_any_clocks = draw.chance(0.5), has_any_geometry = draw.chance(0.6);
  if (has_any_clocks)
    c.geometry.burst_length = has_any_geometry ? 2 << draw.uniform(0, 4) : draw.pick({4, 8, 16});
  if (has_any_geometry) {
    draw_geometry(draw, c.geometry, kRandomDramBytes);
    while (c.geometry.burst_bytes() < 16) c.geometry.width_bits *= 2;  // shorter ones take long in a run
    c.controller.address_map = draw_address_map(draw, c.geometry);
  } else {
    c.geometry.width_bits = draw.pick({8, 16, 64, 128});
    const bool is_ddr3 = c.geometry.bank_groups == 1;
    if (is_ddr3 && draw.chance(0.5)) {
      c.geometry.channels = draw.pick({2, 4});
      c.controller.address_map = draw.pick<std::string>(
          {"row bank column channel", "row bank channel column", "row bank column:5 channel column"});
    }
    if (!is_ddr3 && draw.chance(0.5)) c.controller.address_map = "row bank rank column bank_group";
  }
  if (has_any_clocks) draw_timing(draw, c);
  c.timing.ccd_mw = draw.pick({0, c.timing.ccd_l, 32});
  draw_clock(draw, c);
  draw_sleep(draw, c);
  draw_command_clocks(draw, c);
  draw_refresh(draw, c);
  draw_power(draw, c);
  ControllerConfig& controller = c.controller;
  controller.scheduler = draw.pick({SchedulerPolicy::kFrFcfs, SchedulerPolicy::kFcfs});
  controller.page_policy = draw.pick({PagePolicy::kOpen, PagePolicy::kClosed});
  draw_queues(draw, controller);
  controller.turns = draw.pick({TurnPolicy::kTurns, TurnPolicy::kWatermarks});
  controller.posted_writes = draw.chance(0.7);
  controller.request_latency_ps = draw.pick({0, 7'000, 10'000, draw.uniform(0, 50'000)});
  controller.response_latency_ps = draw.pick({0, 3'000, 10'000, draw.uniform(0, 50'000)});
  return c;
}

}  // namespace bitbalance::dram::test
