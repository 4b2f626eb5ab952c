// Whole ImageNet networks clock by clock and by transactions: every element of every convolutional layer, and
// the analytic level's figures are theirs. The two that fit the time of continuous integration;
// docs/validation.md has all four.
#include <catch2/catch.hpp>

#include "testbench/analytic.h"
#include "testbench/simulation.h"
#include "tests/testbench/levels.h"

namespace bitbalance {
namespace {

/// Runs a shipped scenario and checks its data, and its accounts against those of the analytic level.
RunReport run(const char* name, Level level) {
  RunReport report;
  report.scenario = load_scenario(std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/" + name + ".yaml");
  report.scenario.run.level = level;
  const Workload workload = prepare_workload(report.scenario, [](double) {});
  Simulation simulation(report.scenario, workload);
  simulation.run(report, [](double) {});

  CHECK(report.fault.empty());
  for (const LayerReport& layer : report.layers) {
    INFO(layer.name);
    CHECK(layer.comparison.elements > 0);
    CHECK(layer.comparison.mismatches == 0);
  }
  CHECK(report.passed());

  RunReport analytic;
  analytic.scenario = report.scenario;
  run_analytic({workload.network, static_cast<int>(workload.images.size())}, analytic);
  CHECK(test::first_difference(analytic, report) == "");
  return report;
}

TEST_CASE("AlexNet runs whole, with LRN on the host") {
  const RunReport report = run("alexnet", Level::kRtl);
  CHECK(report.macs() == 665'784'864);
  CHECK(report.host_layers() == std::vector<std::string>{"norm1", "norm2"});
}

TEST_CASE("AlexNet runs whole by transactions") {
  run("alexnet", Level::kTlm);
}

TEST_CASE("GoogLeNet runs whole, its concatenations without a layer") {
  const RunReport report = run("googlenet", Level::kRtl);
  CHECK(report.macs() == 1'581'647'872);
  CHECK(report.layers.size() ==
        57 + 2 + 4 + 9 + 1);  // convolutions, LRN, poolings, those of modules, average
}

TEST_CASE("GoogLeNet runs whole by transactions") {
  run("googlenet", Level::kTlm);
}

}  // namespace
}  // namespace bitbalance
