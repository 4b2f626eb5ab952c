#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/text/enum_index.h"
#include "testbench/report/console_table.h"
#include "testbench/report/layers_csv.h"
#include "testbench/report/summary_json.h"
#include "testbench/scenario/settings/settings.h"
#include "tests/support/names.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

RunReport example() {
  RunReport report;
  report.scenario.name = "example";
  report.scenario.network.batch = 2;
  report.scenario.accelerator.rows = 4;
  report.scenario.accelerator.columns = 4;
  report.frames = 4;
  LayerReport layer;
  layer.name = "conv \"1\"";
  layer.op = "conv";
  layer.macs = 1000;
  layer.lanes = 8;
  layer.profile.cycles = 100;
  for (auto& engine : layer.profile.activity) {
    engine[enum_index(Activity::kNoCommand)] = 60;
    engine[enum_index(Activity::kBusy)] = 40;
  }
  auto& compute = layer.profile.activity[enum_index(Engine::kCompute)];
  compute[enum_index(Activity::kNoCommand)] = 50;
  compute[enum_index(Activity::kBankConflict)] = 10;
  layer.profile.events.add(Event::kShiftAdd, 1000);
  layer.profile.events.add(Event::kNullSlot, 600);
  layer.profile.events.add(Event::kDramReadWeight, 64);
  layer.profile.events.add(Event::kDramWrite, 32);
  layer.comparison.elements = layer.comparison.total = 77;
  report.layers.push_back(layer);
  report.accuracy = Accuracy{AccuracyMetric::kTop1, 0.9, 0.8, 4};
  report.host = {2.0, 1.0, 1 << 20};
  return report;
}

TEST_CASE("summary.json has the fields of schema 1 and none that nothing has computed") {
  const auto json = nlohmann::json::parse(to_json(example()));
  CHECK(json["schema"] == 1);
  CHECK(json["scenario"] == "example");
  CHECK(json["level"] == "rtl");
  CHECK(json["verdict"] == "pass");
  CHECK(json["config_hash"].get<std::string>().size() == 8);
  CHECK(json["frames"] == 4);
  CHECK(json["batch"] == 2);
  CHECK(json["clock_hz"] == 1e9);
  CHECK(json["cycles"] == 100);
  CHECK(json["frames_per_s"] == Approx(4e7));
  CHECK(json["accuracy"] ==
        nlohmann::json({{"metric", "top1"}, {"float", 0.9}, {"quantized", 0.8}, {"samples", 4}}));
  CHECK(json["host"]["cycles_per_s"] == 100);
  CHECK(json["host"]["macs_per_s"] == 1000);
  const auto& layer = json["layers"][0];
  CHECK(layer["name"] == "conv \"1\"");
  CHECK(layer["utilization"] == Approx(1600.0 / (100 * 4 * 8)));
  CHECK(layer["bound"] == "compute");
  CHECK(layer["dram_bytes"]["weight"] == 64);
  CHECK(layer["dram_bytes"]["output"] == 32);
  CHECK(layer["bus_bytes"] == 64);
  CHECK(layer["output_elements"] == 77);
  CHECK(layer["output_elements_total"] == 77);
  CHECK(layer["engines"]["compute"]["busy"] == 40);
  CHECK(layer["engines"]["compute"]["bank_conflict"] == 10);
  CHECK(layer["events"]["null_slots"] == 600);
  for (const char* absent : {"energy_j_per_frame", "area_mm2", "frames_per_j", "frames_per_s_per_mm2"}) {
    CHECK_FALSE(json.contains(absent));
  }
}

TEST_CASE("the ideal memory has a bus for each direction, timed DRAM one for all") {
  LayerReport layer;
  const std::pair<Event, int> bytes[] = {{Event::kDramReadCommand, 1},   {Event::kDramReadWeight, 20},
                                         {Event::kDramReadParameter, 3}, {Event::kDramReadActivation, 40},
                                         {Event::kDramReadOperand, 5},   {Event::kDramReadUnused, 6},
                                         {Event::kDramWrite, 70}};
  for (const auto& [event, count] : bytes) layer.profile.events.add(event, count);
  CHECK(bus_bytes(layer.profile.events, MemoryKind::kIdeal) == 20 + 3 + 40 + 5 + 6);
  layer.profile.events.add(Event::kDramWrite, 7);
  CHECK(bus_bytes(layer.profile.events, MemoryKind::kIdeal) == 77);
  layer.profile.events.add(Event::kDramReadCommand, 100);
  CHECK(bus_bytes(layer.profile.events, MemoryKind::kIdeal) == 101);
  CHECK(bus_bytes(layer.profile.events, MemoryKind::kTimed) == 101 + 74 + 77);
}

TEST_CASE("layers on the host and synthetic data are named as such") {
  RunReport report = example();
  report.network = "alexnet";
  report.scenario.network.builtin = "alexnet";
  LayerReport host;
  host.name = "norm1";
  host.op = "lrn";
  host.on_host = true;
  host.comparison.elements = host.comparison.total = 5;
  report.layers.push_back(host);
  CHECK(report.passed());
  const auto json = nlohmann::json::parse(to_json(report));
  CHECK(json["network"] ==
        nlohmann::json({{"name", "alexnet"}, {"weights", "synthetic"}, {"images", "synthetic"}}));
  CHECK(json["on_host"] == nlohmann::json({"norm1"}));
  CHECK(json["layers"][0]["on_host"] == false);
  CHECK(json["layers"][1]["on_host"] == true);
  CHECK(json["layers"][1]["level"] == "host");
  CHECK(json["layers"][1]["bound"] == "host");
  const std::string table = run_table(report, "", false);
  CHECK_THAT(table, Contains("synthetic weights and images"));
  CHECK_THAT(table, Contains("on host   norm1: no cycles"));
}

TEST_CASE("a mismatch, a fault, an open account or nothing compared fails the verdict") {
  CHECK(example().passed());
  RunReport report = example();
  report.layers[0].comparison.mismatches = 1;
  CHECK_FALSE(report.passed());
  report = example();
  report.fault = "stopped";
  CHECK_FALSE(report.passed());
  report = example();
  report.layers[0].profile.activity[3][0] += 1;
  CHECK(report.open_accounts() == std::vector<std::string>{"conv \"1\" store"});
  CHECK_FALSE(report.passed());
  report = example();
  report.layers[0].comparison.elements = 0;
  CHECK_FALSE(report.passed());
}

TEST_CASE("layers.csv has as many fields in each line as in its first") {
  const std::string csv = to_csv(example());
  const auto newline = csv.find('\n');
  const std::string head = csv.substr(0, newline);
  const std::string line = csv.substr(newline + 1);
  CHECK(std::count(head.begin(), head.end(), ',') == std::count(line.begin(), line.end(), ','));
  CHECK_THAT(line, Catch::Matchers::StartsWith("\"conv \"\"1\"\"\",conv,rtl,1000,100,0.5000,compute,"));
}

TEST_CASE("the table shows the cycles of a frame to the nearest, as a comparison does") {
  RunReport report = example();
  for (const auto& [frames, shown] : {std::pair{3, "33 cycles"}, {8, "13 cycles"}, {0, "- cycles"}}) {
    report.frames = frames;
    CHECK_THAT(run_table(report, "", false), Contains(" " + std::string(shown) + " per frame\n"));
  }
}

TEST_CASE("the table shows mismatches and why a run failed") {
  RunReport report = example();
  CHECK_THAT(run_table(report, "out", false), Contains("PASS") && Contains("40,000,000 frames/s"));
  report.layers[0].comparison.mismatches = 1;
  report.layers[0].comparison.first.push_back({"conv", 0, 1, 2, 3, 4, 5});
  report.fault = "the accelerator stopped";
  CHECK_THAT(run_table(report, "out", false), Contains("FAIL") && Contains("the accelerator stopped") &&
                                                  Contains("channel 1, y 2, x 3: expected 4, found 5"));
}

}  // namespace
}  // namespace bitbalance::test
