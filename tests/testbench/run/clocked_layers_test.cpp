// A network clocked in several processes, from what the transaction level computed: the same as in one.
#include <catch2/catch.hpp>

#include "testbench/report/console_table.h"
#include "tests/support/random/random_case.h"
#include "tests/testbench/run/level_accounts.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

Scenario clocked(Scenario scenario) {
  scenario.mapping.barrier = LayerBarrier::kLayer;
  scenario.run.level = Level::kRtl;
  scenario.run.watchdog_cycles = 20'000;
  return scenario;
}

void check_jobs(const Scenario& scenario, const Workload& workload) {
  const std::string plain = accounts_of_run(scenario, workload);
  CHECK_THAT(plain, EndsWith("pass"));
  for (const int jobs : {1, 2, 9}) {
    INFO(jobs << " jobs");
    CHECK(accounts_of_run(scenario, workload, jobs) == plain);
  }
}

TEST_CASE("random networks have the same accounts for any number of processes") {
  for (std::uint64_t seed = 30; seed < 42; ++seed) {
    INFO("seed " << seed);
    const RandomCase c = make_random_case(seed);
    Scenario scenario;
    scenario.accelerator = c.config;
    scenario.network.batch = static_cast<int>(c.images.size());
    check_jobs(clocked(scenario), Workload{c.network, c.images, {}});
  }
}

TEST_CASE("LeNet has the same accounts for any number of processes, a shorter last batch included") {
  Scenario scenario = load_scenario(BITBALANCE_SOURCE_DIR "/scenarios/lenet.yaml");
  scenario.network.count = 3;
  scenario.network.batch = 2;
  check_jobs(clocked(scenario), prepare_workload(scenario, [](double) {}));
}

TEST_CASE("a clocked layer that computes something else is named, with its first wrong element") {
  Scenario scenario = load_scenario(BITBALANCE_SOURCE_DIR "/scenarios/lenet.yaml");
  scenario.network.count = scenario.network.batch = 1;
  scenario = clocked(scenario);
  const Workload workload = prepare_workload(scenario, [](double) {});
  RunReport report;
  report.scenario = scenario;
  Simulation simulation(scenario, workload, 5);
  simulation.system().rtl().accelerator.pe_array().flip_token(1, 20);
  simulation.run(report, [](const char* /*phase*/, double) {});
  CHECK_FALSE(report.passed());
  CHECK(report.mismatches() == 0);  // of the transaction level
  REQUIRE_FALSE(report.disagreements.empty());
  // Of conv1 the maximum of a window can hide it.
  CHECK_THAT(report.disagreements.front(),
             Contains("elements of layer conv2 differ between rtl and tlm") && Contains("channel 1"));
  CHECK_THAT(run_table(report, "", false), Contains("FAIL") && Contains("layer conv2 differ"));
}

}  // namespace
}  // namespace bitbalance::test
