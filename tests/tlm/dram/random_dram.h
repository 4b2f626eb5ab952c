// Timed memories of any shape and policy, valid by construction.
#pragma once

#include "tests/support/random/random_draw.h"
#include "tests/tlm/dram/presets.h"

namespace bitbalance::dram::test {

/// One of the presets with random buses, queues, policies and clock; refreshes come often.
inline Config random_dram(bitbalance::test::RandomDraw& draw) {
  Config c = draw.chance(0.5) ? ddr3() : two_ranks();
  const bool is_ddr3 = c.geometry.bank_groups == 1;
  if (is_ddr3 && draw.chance(0.5)) {
    c.geometry.channels = draw.pick({2, 4});
    c.controller.address_map = draw.chance(0.5) ? "row bank column channel" : "row bank channel column";
  }
  c.geometry.width_bits = draw.pick({8, 16, 64, 128});
  if (draw.chance(0.4)) c.commands = {4, 2, 4, 2};
  if (draw.chance(0.5)) {
    c.tck_ps_numerator = draw.pick({2500, 5000, 1000});
    c.tck_ps_denominator = 3;
  }
  c.timing.refi = draw.pick({700, 1000, 4000, kNoRefresh});
  ControllerConfig& controller = c.controller;
  controller.scheduler = draw.pick({SchedulerPolicy::kFrFcfs, SchedulerPolicy::kFcfs});
  controller.page_policy = draw.pick({PagePolicy::kOpen, PagePolicy::kClosed});
  controller.read_queue = draw.uniform(1, 40);
  controller.write_queue = draw.uniform(1, 40);
  controller.write_high = draw.uniform(1, controller.write_queue);
  controller.write_low = draw.uniform(0, controller.write_high - 1);
  controller.row_hit_limit = draw.uniform(1, 20);
  controller.request_latency_ps = draw.pick({0, 7'000, 10'000});
  controller.response_latency_ps = draw.pick({0, 3'000, 10'000});
  return c;
}

}  // namespace bitbalance::dram::test
