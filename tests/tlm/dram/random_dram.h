// Timed memories of any shape and policy, valid by construction.
#pragma once

#include <algorithm>
#include <string>

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
  c.controller.power_down_after = draw.pick({0, 1, 20, 300});
  c.controller.self_refresh_after = draw.pick({0, 1, 50, 2000});
}

/// By bank, where tREFI leaves the time.
inline void draw_refresh(bitbalance::test::RandomDraw& draw, Config& c) {
  Timing& t = c.timing;
  const int banks = c.geometry.banks_per_rank();
  t.rfc_pb = draw.pick({10, 40, 200});
  const bool fits = t.refi >= banks * (t.rfc_pb + t.rp + t.ras + t.rcd);
  if (fits && draw.chance(0.6)) c.controller.refresh = RefreshPolicy::kPerBank;
}

/// One of the presets or any clocks, with random buses, queues, policies and clock; refreshes come often.
inline Config random_dram(bitbalance::test::RandomDraw& draw) {
  Config c = draw.chance(0.5) ? ddr3() : two_ranks();
  const bool is_ddr3 = c.geometry.bank_groups == 1;
  if (is_ddr3 && draw.chance(0.5)) {
    c.geometry.channels = draw.pick({2, 4});
    c.controller.address_map = draw.pick<std::string>(
        {"row bank column channel", "row bank channel column", "row bank column:5 channel column"});
  }
  if (!is_ddr3 && draw.chance(0.5)) c.controller.address_map = "row bank rank column bank_group";
  c.geometry.width_bits = draw.pick({8, 16, 64, 128});
  if (draw.chance(0.5)) {
    c.geometry.burst_length = draw.pick({4, 8, 16});
    draw_timing(draw, c);
  }
  c.timing.ccd_mw = draw.pick({0, c.timing.ccd_l, 32});
  if (draw.chance(0.4)) c.commands = {4, 2, 4, 2};
  if (draw.chance(0.5)) {
    c.tck_ps_numerator = draw.pick({2500, 5000, 1000});
    c.tck_ps_denominator = 3;
  }
  c.timing.refi = draw.pick({700, 1000, 5000, kNoRefresh});
  c.timing.refi = std::max(c.timing.refi, c.timing.rfc + c.timing.rp_ab + c.timing.ras + c.timing.rcd);
  draw_sleep(draw, c);
  draw_refresh(draw, c);
  ControllerConfig& controller = c.controller;
  controller.scheduler = draw.pick({SchedulerPolicy::kFrFcfs, SchedulerPolicy::kFcfs});
  controller.page_policy = draw.pick({PagePolicy::kOpen, PagePolicy::kClosed});
  controller.read_queue = draw.uniform(1, 40);
  controller.write_queue = draw.uniform(1, 40);
  controller.write_high = draw.uniform(1, controller.write_queue);
  controller.write_low = draw.uniform(0, controller.write_high - 1);
  controller.row_hit_limit = draw.uniform(1, 20);
  controller.turns = draw.pick({TurnPolicy::kTurns, TurnPolicy::kWatermarks});
  controller.posted_writes = draw.chance(0.7);
  controller.request_latency_ps = draw.pick({0, 7'000, 10'000});
  controller.response_latency_ps = draw.pick({0, 3'000, 10'000});
  return c;
}

}  // namespace bitbalance::dram::test
