// Some layers clocked and the rest at transaction level, in one run: the same as either level alone.
#include <catch2/catch.hpp>
#include <random>

#include "hw/rtl/clock/gated_clock.h"
#include "tests/support/random/random_case.h"
#include "tests/testbench/run/level_accounts.h"

namespace bitbalance::test {
namespace {

Scenario at_level(Scenario scenario, Level level, const std::string& rtl_layers = "") {
  scenario.mapping.barrier = LayerBarrier::kLayer;
  scenario.run.level = level;
  scenario.run.rtl = rtl_layers;
  return scenario;
}

void check_mixed(const Scenario& scenario, const Workload& workload, const std::string& rtl_layers) {
  INFO("at rtl: " << rtl_layers);
  const std::string mixed = accounts_of_run(at_level(scenario, Level::kTlm, rtl_layers), workload);
  CHECK_THAT(mixed, Catch::Matchers::EndsWith("pass"));
  CHECK(mixed == accounts_of_run(at_level(scenario, Level::kTlm), workload));
  CHECK(mixed == accounts_of_run(at_level(scenario, Level::kRtl), workload));
}

TEST_CASE("random networks have the same accounts with any layers clocked") {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    INFO("seed " << seed);
    const RandomCase c = make_random_case(seed);
    Scenario scenario;
    scenario.accelerator = c.config;
    scenario.network.batch = static_cast<int>(c.images.size());
    scenario.run.watchdog_cycles = 20'000;
    const Workload workload{c.network, c.images, {}};
    std::mt19937_64 random(seed);
    std::string layers;
    for (const std::string& name : ProgramSet(at_level(scenario, Level::kTlm), c.network, 1).layer_names())
      if (random() % 2 == 0) layers += (layers.empty() ? "" : ",") + name;
    check_mixed(scenario, workload, layers.empty() ? "*" : layers);
  }
}

void check_shipped(const std::string& name, int images, int batch, const std::string& rtl_layers) {
  Scenario scenario = load_scenario(std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/" + name + ".yaml");
  scenario.network.count = images;
  scenario.network.batch = batch;
  check_mixed(scenario, prepare_workload(scenario, [](double) {}), rtl_layers);
}

TEST_CASE("LeNet has the same accounts with its convolutions clocked, a shorter last batch included") {
  check_shipped("lenet", 3, 2, "conv*");
}

TEST_CASE("the Fashion-MNIST network has the same accounts with single layers clocked") {
  check_shipped("fashion", 2, 2, "conv2,conv5,fc1");
}

/// The first random case with several layers.
RandomCase case_of_layers() {
  for (std::uint64_t seed = 1;; ++seed) {
    RandomCase c = make_random_case(seed);
    if (c.mapped.program.layers.size() > 1) return c;
  }
}

TEST_CASE("only the layers asked for are clocked, each told with its level") {
  const RandomCase c = case_of_layers();
  Scenario scenario;
  scenario.accelerator = c.config;
  scenario.network.batch = static_cast<int>(c.images.size());
  const std::vector<std::string> names = ProgramSet(scenario, c.network, 1).layer_names();
  scenario = at_level(scenario, Level::kTlm, names.back());
  const Workload workload{c.network, c.images, {}};
  Simulation simulation(scenario, workload);
  RunReport report;
  report.scenario = scenario;
  simulation.run(report, [](const char* /*phase*/, double) {});
  CHECK(report.passed());
  const std::vector<LayerProfile>& clocked = simulation.system().rtl().profile().layers();
  REQUIRE(clocked.size() == report.layers.size());
  for (std::size_t i = 0; i < clocked.size(); ++i) {
    CHECK((report.layers[i].level == Level::kRtl) == (report.layers[i].name == names.back()));
    CHECK((clocked[i].cycles > 0) == (report.layers[i].level == Level::kRtl));
  }
}

TEST_CASE("a layer that does not exist is refused with the nearest one") {
  const RandomCase c = make_random_case(3);
  Scenario scenario;
  scenario.accelerator = c.config;
  const Workload workload{c.network, c.images, {}};
  const std::string name = ProgramSet(scenario, c.network, 1).layer_names().front();
  scenario = at_level(scenario, Level::kTlm, name + "x");
  CHECK_THROWS_WITH(Simulation(scenario, workload),
                    Catch::Matchers::Contains("run.rtl: no layer") &&
                        Catch::Matchers::Contains("did you mean '" + name + "'"));
}

TEST_CASE("levels that change within a program are refused, in one process and in several") {
  const RandomCase c = case_of_layers();
  Scenario scenario;
  scenario.accelerator = c.config;
  scenario.network.batch = static_cast<int>(c.images.size());
  const std::string last = ProgramSet(scenario, c.network, 1).layer_names().back();
  const Workload workload{c.network, c.images, {}};
  for (const LayerBarrier barrier : {LayerBarrier::kNone, LayerBarrier::kCommand}) {
    Scenario mixed = at_level(scenario, Level::kTlm, last);
    mixed.mapping.barrier = barrier;
    CHECK_THROWS_WITH(Simulation(mixed, workload),
                      Catch::Matchers::Contains("barrier = " + std::string(to_string(barrier))) &&
                          Catch::Matchers::EndsWith("accepted: layer"));
    Scenario clocked = at_level(scenario, Level::kRtl);
    clocked.mapping.barrier = barrier;
    CHECK_THROWS_WITH(Simulation(clocked, workload, 2), Catch::Matchers::EndsWith("accepted: layer"));
  }
}

TEST_CASE("a gated clock rises at whole periods and stands still when stopped") {
  const sc_core::sc_time period(10, sc_core::SC_NS);
  rtl::GatedClock clock("clock", period);
  std::vector<double> rises;
  sc_core::sc_spawn_options options;
  options.spawn_method();
  options.dont_initialize();
  options.set_sensitivity(&clock.signal.posedge_event());
  sc_core::sc_spawn([&] { rises.push_back(sc_core::sc_time_stamp() / period); }, "observer", &options);
  const auto advance = [&](double periods) { sc_core::sc_start(periods * period); };

  advance(2.25);
  CHECK(rises.empty());
  clock.start();
  advance(2);  // to 4.25
  CHECK(rises == std::vector<double>{3, 4});
  clock.stop();  // while it is high
  advance(3);
  CHECK(rises.size() == 2);
  CHECK_FALSE(clock.signal.read());
  clock.start();
  advance(0.5);  // to 7.75
  clock.stop();  // while it is low: no edge at 8
  advance(0.75);
  clock.start();
  advance(1);  // to 9.5
  CHECK(rises == std::vector<double>{3, 4, 9});
  clock.stop();
  advance(0.1);
  clock.start();  // before it has fallen: as if it had never been stopped
  advance(1);
  CHECK(rises == std::vector<double>{3, 4, 9, 10});
}

}  // namespace
}  // namespace bitbalance::test
