// Settings of a run whose values change cycles or time, drawn over what is legal: the levels report the same.
#include <catch2/catch.hpp>
#include <cmath>

#include "testbench/run/analytic.h"
#include "tests/support/random/random_case.h"
#include "tests/testbench/run/level_accounts.h"

namespace bitbalance::test {
namespace {

std::string at_analytic(const Scenario& scenario, const Workload& workload) {
  RunReport report;
  report.scenario = scenario;
  report.scenario.run.level = Level::kAnalytic;
  run_analytic({workload.network, static_cast<int>(workload.images.size())}, report);
  return accounts(report);
}

std::string at(Level level, Scenario scenario, const Workload& workload) {
  scenario.run.level = level;
  return accounts_of_run(scenario, workload);
}

double log_uniform(RandomDraw& draw, double low, double high) {
  return std::exp(draw.real(std::log(low), std::log(high)));
}

Scenario random_scenario(RandomDraw& draw, const RandomCase& c) {
  Scenario s;
  s.accelerator = c.config;
  s.accelerator.clock_hz =
      draw.chance(0.1) ? AcceleratorConfig::kLeastClockHz
                       : log_uniform(draw, AcceleratorConfig::kLeastClockHz, AcceleratorConfig::kMostClockHz);
  s.accelerator.queue_depth = draw.uniform(1, AcceleratorConfig::kMaxQueueDepth);
  s.accelerator.dram.use_nb_transport = draw.chance(0.5);
  s.memory.latency_cycles = draw.uniform(0, 300);
  if (draw.chance(0.5)) {
    s.memory.bytes_per_cycle = {draw.uniform(1, 100), draw.uniform(1, 9)};
  } else {
    s.memory.bytes_per_second = s.accelerator.clock_hz * log_uniform(draw, 0.5, 100);
  }
  s.network.batch = draw.uniform(1, static_cast<int>(c.images.size()) + 1);
  s.mapping.barrier = draw.pick({LayerBarrier::kNone, LayerBarrier::kCommand, LayerBarrier::kLayer});
  s.mapping.effort = draw.pick({MappingEffort::kFast, MappingEffort::kGood});
  s.mapping.objective = draw.pick({MappingObjective::kCycles, MappingObjective::kDramBytes});
  s.run.dmi = draw.chance(0.5);
  s.run.quantum_ns = draw.chance(0.5) ? 0 : std::llround(log_uniform(draw, 1, 1e9));
  s.run.threads = draw.uniform(0, 3);
  MapperOptions mapping;
  mapping.batch = s.network.batch;
  mapping.barrier = s.mapping.barrier;
  fit_buffers(c.network, s.accelerator, mapping);
  return s;
}

TEST_CASE("at random clocks, rates, queues, batches and quanta the levels report the same") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    const RandomCase c = make_random_case(seed);
    RandomDraw draw(seed);
    const Scenario scenario = random_scenario(draw, c);
    const Workload workload{c.network, c.images, {}};
    const std::string by_transactions = at(Level::kTlm, scenario, workload);
    REQUIRE_THAT(by_transactions, Catch::Matchers::EndsWith("pass"));
    REQUIRE(at_analytic(scenario, workload) == by_transactions);
    REQUIRE(at(Level::kRtl, scenario, workload) == by_transactions);
  }
}

}  // namespace
}  // namespace bitbalance::test
