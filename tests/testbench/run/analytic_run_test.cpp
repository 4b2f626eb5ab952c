// The analytic level of a run: what it reports is what the other levels report, but for data.
#include <catch2/catch.hpp>

#include "testbench/report/console_table.h"
#include "testbench/run/analytic.h"
#include "testbench/run/simulation.h"
#include "tests/testbench/run/levels.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

Scenario scenario(const std::vector<SettingOverride>& overrides) {
  return load_scenario(std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/fashion.yaml", overrides);
}

RunReport analytic(const Scenario& scenario) {
  RunReport report;
  report.scenario = scenario;
  report.scenario.run.level = Level::kAnalytic;
  run_analytic(prepare_timing_workload(scenario), report);
  return report;
}

RunReport by_transactions(const Scenario& scenario) {
  RunReport report;
  report.scenario = scenario;
  report.scenario.run.level = Level::kTlm;
  const Workload workload = prepare_workload(scenario, [](double) {});
  Simulation(report.scenario, workload).run(report, [](const char* /*phase*/, double) {});
  return report;
}

TEST_CASE("batches and the rest of the images are counted as they are run") {
  const Scenario s = scenario({{"network.count=8", ""}, {"network.batch=3", ""}});
  const RunReport report = analytic(s);
  CHECK(report.frames == 8);
  CHECK(report.passed());
  CHECK(test::first_difference(report, by_transactions(s)) == "");
}

TEST_CASE("fewer images than a batch, another accelerator and memory, a barrier: the same figures") {
  const Scenario s = scenario({{"network.count=2", ""},
                               {"accelerator.rows=16", ""},
                               {"accelerator.columns=24", ""},
                               {"accelerator.synchronization=group_max", ""},
                               {"accelerator.weight_storage=tokens", ""},
                               {"accelerator.output_buffer_bytes=8192", ""},
                               {"memory.bytes_per_cycle=3.7", ""},
                               {"memory.latency_cycles=117", ""},
                               {"mapping.barrier=layer", ""}});
  const RunReport report = analytic(s);
  CHECK(report.passed());
  CHECK(test::first_difference(report, by_transactions(s)) == "");
}

TEST_CASE("the blocks it reports are those that a run takes") {
  const Scenario s = scenario({{"network.count=1", ""}});
  RunReport report;
  report.scenario = s;
  const TimingWorkload workload = prepare_timing_workload(s);
  const std::vector<LayerMapping> chosen = run_analytic(workload, report).layers;
  const Workload with_images = prepare_workload(s, [](double) {});
  const std::vector<LayerMapping> taken = Simulation(s, with_images).programs().mappings().layers;
  REQUIRE(chosen.size() == taken.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    CHECK(chosen[i].layer == taken[i].layer);
    CHECK(chosen[i].rows == taken[i].rows);
    CHECK(chosen[i].output_channels == taken[i].output_channels);
    CHECK(chosen[i].order == taken[i].order);
  }
}

TEST_CASE("a run with the blocks of an earlier one takes its cycles, in a shorter last batch, too") {
  Scenario s = scenario({{"network.count=16", ""}, {"network.batch=7", ""}});
  const TimingWorkload workload = prepare_timing_workload(s);
  RunReport first, second;
  first.scenario = s;
  const std::vector<LayerMapping> chosen = run_analytic(workload, first).layers;
  CHECK(chosen.size() == 2 * first.layers.size());
  s.mapping.layers = chosen;
  second.scenario = s;
  run_analytic(workload, second);
  CHECK(second.cycles() == first.cycles());
  CHECK(test::first_difference(second, first) == "");
}

TEST_CASE("the table says that no data was computed") {
  const RunReport report = analytic(scenario({{"network.count=1", ""}}));
  CHECK(report.elements() == 0);
  CHECK_THAT(run_table(report, "", false), Contains("PASS") && Contains("no data was computed"));
}

}  // namespace
}  // namespace bitbalance::test
