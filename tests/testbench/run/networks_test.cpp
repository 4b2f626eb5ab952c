// Whole ImageNet networks: all four at the transaction level, with the analytic level's figures, and those
// that fit the time of continuous integration clocked, too. At least 1 % of the elements of every layer, all
// of small ones; docs/validation.md has all elements of all four, clocked.
#include <catch2/catch.hpp>

#include "testbench/run/analytic.h"
#include "testbench/run/simulation.h"
#include "tests/testbench/run/level_accounts.h"
#include "tests/testbench/run/levels.h"

namespace bitbalance::test {
namespace {

struct ShippedNetwork {
  Scenario scenario;
  Workload workload;

  explicit ShippedNetwork(const char* name)
      : scenario(load_scenario(std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/" + name + ".yaml")) {
    scenario.run.golden = GoldenExtent::kSampled;
    workload = prepare_workload(scenario, [](double) {});
  }

  std::string accounts(Level level) {
    scenario.run.level = level;
    return test::accounts_of_run(scenario, workload);
  }

  /// At the transaction level: 0 mismatches in every layer, at least 1 % of it compared.
  RunReport run() {
    RunReport report;
    scenario.run.level = Level::kTlm;
    report.scenario = scenario;
    Simulation simulation(scenario, workload);
    simulation.run(report, [](const char* /*phase*/, double) {});
    CHECK(report.fault.empty());
    for (const LayerReport& layer : report.layers) {
      INFO(layer.name);
      const Comparison& c = layer.comparison;
      CHECK((c.elements == c.total || (c.elements >= 4096 && c.elements * 100 >= c.total)));
      CHECK(c.elements > 0);
      CHECK(c.mismatches == 0);
    }
    CHECK(report.passed());

    RunReport analytic;
    analytic.scenario = scenario;
    run_analytic({workload.network, static_cast<int>(workload.images.size())}, analytic);
    CHECK(test::first_difference(analytic, report) == "");
    return report;
  }
};

TEST_CASE("AlexNet runs whole, with LRN on the host, the same clocked") {
  ShippedNetwork network("alexnet");
  CHECK(network.accounts(Level::kTlm) == network.accounts(Level::kRtl));
  const RunReport report = network.run();
  CHECK(report.macs() == 665'784'864);
  CHECK(report.host_layers() == std::vector<std::string>{"norm1", "norm2"});
}

TEST_CASE("GoogLeNet runs whole, its concatenations without a layer, the same clocked") {
  ShippedNetwork network("googlenet");
  CHECK(network.accounts(Level::kTlm) == network.accounts(Level::kRtl));
  const RunReport report = network.run();
  CHECK(report.macs() == 1'581'647'872);
  CHECK(report.layers.size() ==
        57 + 2 + 4 + 9 + 1);  // convolutions, LRN, poolings, those of modules, average
}

TEST_CASE("VGG-16 runs whole") {
  CHECK(ShippedNetwork("vgg16").run().macs() == 15'346'630'656);
}

TEST_CASE("ResNet-50 runs whole, with its residual sums") {
  CHECK(ShippedNetwork("resnet50").run().macs() == 3'855'925'248);
}

}  // namespace
}  // namespace bitbalance::test
