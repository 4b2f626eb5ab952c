// Whole ImageNet networks clock by clock: every element of every convolutional layer. The two that fit the
// time of continuous integration; docs/validation.md has all four.
#include <catch2/catch.hpp>

#include "testbench/simulation.h"

namespace bitbalance {
namespace {

RunReport run(const char* name) {
  RunReport report;
  report.scenario = load_scenario(std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/" + name + ".yaml");
  const Workload workload = prepare_workload(report.scenario, [](double) {});
  Simulation simulation(report.scenario, workload);
  simulation.run(report, [](double) {});
  return report;
}

void check(const RunReport& report) {
  CHECK(report.fault.empty());
  for (const LayerReport& layer : report.layers) {
    INFO(layer.name);
    CHECK(layer.comparison.elements > 0);
    CHECK(layer.comparison.mismatches == 0);
  }
  CHECK(report.passed());
}

TEST_CASE("AlexNet runs whole, with LRN on the host") {
  const RunReport report = run("alexnet");
  check(report);
  CHECK(report.macs() == 665'784'864);
  CHECK(report.host_layers() == std::vector<std::string>{"norm1", "norm2"});
}

TEST_CASE("GoogLeNet runs whole, its concatenations without a layer") {
  const RunReport report = run("googlenet");
  check(report);
  CHECK(report.macs() == 1'581'647'872);
  CHECK(report.layers.size() ==
        57 + 2 + 4 + 9 + 1);  // convolutions, LRN, poolings, those of modules, average
}

}  // namespace
}  // namespace bitbalance
