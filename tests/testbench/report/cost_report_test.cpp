#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "testbench/report/action_record.h"
#include "testbench/report/console_table.h"
#include "testbench/report/figure.h"
#include "testbench/report/layers_csv.h"
#include "testbench/report/summary_json.h"
#include "tests/hw/cost/shipped.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

LayerReport layer(const std::string& name, int lanes, std::int64_t shift_adds) {
  LayerReport report;
  report.name = name;
  report.op = "conv";
  report.lanes = lanes;
  report.profile.cycles = 1000 + shift_adds / 100;
  for (int e = 0; e < kEvents; ++e) report.profile.events.add(static_cast<Event>(e), 64 * (e + 1));
  report.profile.events.add(Event::kShiftAdd, shift_adds);
  return report;
}

RunReport costed_report() {
  RunReport report;
  report.scenario.name = "example";
  report.scenario.technology = shipped_technology();
  report.frames = 4;
  report.layers = {layer("narrow \"1\"", 64, 1'000'000), layer("wide", 32, 500'000)};
  report.cost = cost_of(record_of(report), *report.scenario.technology);
  return report;
}

TEST_CASE("a run's actions survive being written and read") {
  const TemporaryFolder folder;
  const ActionRecord record = record_of(costed_report());
  CHECK(record.layers[0].work.width == Width::k8);
  CHECK(record.layers[1].work.width == Width::k16);
  const ActionRecord again = load_actions(folder.write("actions.yaml", to_yaml(record)));
  CHECK(again.scenario == record.scenario);
  CHECK(again.frames == record.frames);
  CHECK(again.accelerator.columns == record.accelerator.columns);
  REQUIRE(again.layers.size() == record.layers.size());
  for (std::size_t l = 0; l < record.layers.size(); ++l) {
    CHECK(again.layers[l].name == record.layers[l].name);
    CHECK(again.layers[l].work.actions == record.layers[l].work.actions);
    CHECK(again.layers[l].work.cycles == record.layers[l].work.cycles);
    CHECK(again.layers[l].work.width == record.layers[l].work.width);
  }
  CHECK(to_yaml(again) == to_yaml(record));
  CHECK(energy_csv(cost_of(again, shipped_technology())) == energy_csv(*costed_report().cost));
}

TEST_CASE("a clock above what the process allows is told") {
  RunReport report = costed_report();
  report.scenario.accelerator.clock_hz = 1e9;
  CHECK_THAT(cost_summary(cost_of(record_of(report), shipped_technology())), !Contains("GHz"));
  report.scenario.accelerator.clock_hz = 2e9;
  CHECK_THAT(cost_summary(cost_of(record_of(report), shipped_technology())),
             Contains("2 GHz is above the 1 GHz that 65 nm, 1.1 V allows\n"));
  Technology faster = shipped_technology();
  faster.node_nm = 7;
  faster.voltage_v = 0.7;
  CHECK_THAT(cost_summary(cost_of(record_of(report), faster)), !Contains("GHz"));
}

TEST_CASE("a prefix fits the digits that are shown") {
  CHECK(prefixed(0, -4, 4) == "0 ");
  CHECK(prefixed(1, 0, 4) == "1 ");
  CHECK(prefixed(0.25, 0, 4) == "0.25 ");
  CHECK(prefixed(999.4, 0, 4) == "999 ");
  CHECK(prefixed(999.6, 0, 4) == "1 k");
  CHECK(prefixed(999'999'999, 0, 4) == "1 G");
  CHECK(prefixed(998'999'999, 0, 4) == "999 M");
  CHECK(prefixed(0.9996e-3, -4, 4) == "1 m");
  CHECK(prefixed(1.234e-5, -4, 4) == "12.3 u");
  CHECK(prefixed(0.9996, -4, 4) == "1 ");
  CHECK(prefixed(2e-14, -4, 4) == "0.02 p");
  CHECK(prefixed(3e15, 0, 4) == "3e+03 T");
}

TEST_CASE("a damaged record is refused with its place") {
  const TemporaryFolder folder;
  std::string text = to_yaml(record_of(costed_report()));
  const auto at = text.find("shift_adds: ");
  const auto file = folder.write("actions.yaml", text.replace(at, 12, "shift_adds: -"));
  CHECK_THROWS_WITH(load_actions(file),
                    Contains("layers[0].pe_array.shift_adds") && Contains("accepted: 0 to"));
  text.erase(at, text.find('\n', at) - at);
  CHECK_THROWS_WITH(load_actions(folder.write("actions.yaml", text)), Contains("shift_adds is missing"));
}

TEST_CASE("stored counts whose sum exceeds 64 bits are refused") {
  ActionRecord record = record_of(costed_report());
  const RecordedLayer layer = record.layers.front();
  record.layers.assign(9, layer);
  for (RecordedLayer& each : record.layers) each.work.cycles = std::int64_t{1} << 60;
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(load_actions(folder.write("actions.yaml", to_yaml(record))),
                    Contains("layers: 2305843009213693952 cycles and more; accepted: 1152921504606846976"));
}

TEST_CASE("figures of merit follow from energy, area and time") {
  const CostReport cost = *costed_report().cost;
  CHECK(cost.core_j_per_frame() == Approx(cost.total.core_j() / 4));
  CHECK(cost.frames_per_j() == Approx(1 / (cost.core_j_per_frame() + cost.dram_j_per_frame())));
  CHECK(cost.frames_per_j_core() == Approx(1 / cost.core_j_per_frame()));
  CHECK(cost.seconds == Approx(static_cast<double>(record_of(costed_report()).cycles()) * 1e-9));
  CHECK(cost.frames_per_s_per_mm2() == Approx(4 / cost.seconds / cost.area.total_mm2()));
}

TEST_CASE("summary.json has energy and area whose parts add up") {
  const auto json = nlohmann::json::parse(to_json(costed_report()));
  double core = 0, area = 0;
  for (const auto& component : json["components"]) {
    for (const double energy : component["energy_j_per_frame"]) core += energy;
    for (const double part : component["area_mm2"]) area += part;
  }
  CHECK(json["energy_j_per_frame"]["core"] == Approx(core));
  CHECK(json["area_mm2"] == Approx(area));
  double layers_core = 0, layers_dram = 0;
  for (const auto& entry : json["layers"]) {
    layers_core += entry["energy_j"]["core"].get<double>();
    layers_dram += entry["energy_j"]["dram"].get<double>();
  }
  CHECK(json["energy_j_per_frame"]["core"] == Approx(layers_core / 4));
  CHECK(json["energy_j_per_frame"]["dram"] == Approx(layers_dram / 4));
  CHECK(json["dram_type"] == "lpddr4");
  CHECK_FALSE(json["components"].contains("dram"));
}

TEST_CASE("energy.csv adds up to the run's energy") {
  const CostReport cost = *costed_report().cost;
  double sum = 0;
  std::istringstream lines(energy_csv(cost));
  std::string line;
  std::getline(lines, line);
  CHECK(line == "layer,component,action,count,energy_j");
  while (std::getline(lines, line)) sum += std::stod(line.substr(line.rfind(',') + 1));
  CHECK(sum == Approx(cost.total.core_j() + cost.total.dram_j()));
}

TEST_CASE("tables show energy and area only where there is a technology") {
  RunReport report = costed_report();
  CHECK_THAT(run_table(report, "out", false),
             Contains("energy    ") && Contains("lpddr4 DRAM") && Contains("mm2"));
  CHECK_THAT(to_csv(report), Contains("core_energy_j,dram_energy_j"));
  CHECK_THAT(cost_table(*report.cost), Contains("pe_array") && Contains("dram (lpddr4)") && Contains("wide"));
  report.cost.reset();
  CHECK_THAT(run_table(report, "out", false), !Contains("energy    ") && !Contains("mm2"));
  CHECK_FALSE(nlohmann::json::parse(to_json(report)).contains("area_mm2"));
}

}  // namespace
}  // namespace bitbalance::test
