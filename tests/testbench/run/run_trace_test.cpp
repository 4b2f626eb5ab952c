// What a run records over time adds up to what it reports, at every level of detail: cycles by activity,
// energy by component, bytes by burst.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "base/text/enum_index.h"
#include "testbench/report/action_record.h"
#include "testbench/run/analytic.h"
#include "testbench/run/trace/run_trace.h"
#include "tests/support/random/random_case.h"
#include "tests/support/temporary_folder.h"
#include "tests/testbench/run/level_accounts.h"

namespace bitbalance::test {
namespace {

using Json = nlohmann::json;

Json read_json(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return Json::parse(stream);
}

/// What a run reported and recorded.
struct Recorded {
  Json timeline;      ///< the list of its events
  std::string power;  ///< power.csv
  Json report;        ///< cycles, activity, energy_pj, dram_bytes, too_fast: layers
};

Json figures_of(const RunReport& report, const Technology& technology) {
  Json activity = Json::array();
  std::int64_t bytes = 0;
  for (std::size_t e = 0; e < kEngines; ++e) {
    Json cycles = Json::object();
    for (std::size_t a = 0; a < kActivities; ++a) {
      std::int64_t sum = 0;
      for (const LayerReport& layer : report.layers) sum += layer.profile.activity[e][a];
      if (sum > 0) cycles[to_string(static_cast<Activity>(a))] = sum;
    }
    activity.push_back(cycles);
  }
  const MemorySettings& memory = report.scenario.memory;
  const double peak = memory.peak_bytes_per_cycle(report.scenario.accelerator.clock_hz);
  Json too_fast = Json::array();  // for the memory
  for (const LayerReport& layer : report.layers) {
    bytes += layer.dram_bytes();
    const double most = peak * static_cast<double>(layer.profile.cycles);
    if (static_cast<double>(bus_bytes(layer.profile.events, memory.model)) > most)
      too_fast.push_back(layer.name);
  }
  Json energy = Json::array();
  for (const ComponentEnergy& component : cost_of(record_of(report), technology).total.components())
    energy.push_back(std::llround(component.total_j() * 1e12));
  return {{"cycles", report.cycles()}, {"activity", activity}, {"energy_pj", energy},
          {"dram_bytes", bytes},       {"too_fast", too_fast}, {"passed", report.passed()}};
}

Recorded recorded(const Scenario& scenario, const Workload& workload, std::int64_t window_cycles) {
  const TemporaryFolder folder;
  const std::filesystem::path timeline = folder.path() / "timeline.json", rest = folder.path() / "rest.json";
  const std::string done = in_child([&] {
    RunReport report;
    report.scenario = scenario;
    RunTrace trace;
    trace.record_timeline(timeline, TimelineDetail::kBursts, scenario.accelerator);
    trace.record_power(window_cycles, scenario.accelerator, workload.network);
    if (computes_data(scenario.run.level)) {
      Simulation simulation(scenario, workload);
      simulation.set_trace(&trace);
      simulation.run(report, [](const char* /*phase*/, double) {});
    } else {
      run_analytic({workload.network, static_cast<int>(workload.images.size())}, report, &trace);
    }
    trace.close();
    const CostModel cost(*scenario.technology, scenario.accelerator);
    const Json both = {{"power", to_csv(trace.power()->series(cost))},
                       {"report", figures_of(report, *scenario.technology)}};
    std::ofstream(rest) << both;
    return std::string("done");
  });
  REQUIRE(done == "done");
  const Json both = read_json(rest);
  return {read_json(timeline).at("traceEvents"), both.at("power"), both.at("report")};
}

/// The spans of a group of rows, row by row in the order of time.
std::map<int, std::vector<Json>> spans_of(const Recorded& recorded, const std::string& group) {
  std::map<int, std::vector<Json>> rows;
  int number = -1;
  for (const Json& event : recorded.timeline)
    if (event.at("name") == "process_name" && event.at("args").at("name") == group) number = event.at("pid");
  for (const Json& event : recorded.timeline)
    if (event.at("ph") == "X" && event.at("pid") == number) rows[event.at("tid")].push_back(event);
  for (auto& [row, spans] : rows) {
    std::stable_sort(spans.begin(), spans.end(),
                     [](const Json& a, const Json& b) { return a.at("ts") < b.at("ts"); });
  }
  return rows;
}

std::int64_t begin_of(const Json& span) {
  return span.at("ts");
}
std::int64_t end_of(const Json& span) {
  return span.at("ts").get<std::int64_t>() + span.at("dur").get<std::int64_t>();
}

/// Spans of one row do not overlap: viewers would put one into the other.
void check_apart(const Recorded& recorded, const std::string& group) {
  for (const auto& [row, spans] : spans_of(recorded, group)) {
    INFO(group << ", row " << row);
    for (std::size_t i = 1; i < spans.size(); ++i) REQUIRE(begin_of(spans[i]) >= end_of(spans[i - 1]));
  }
}

/// Viewers take a row 0, and one that has its group's number, for another row.
void check_numbers(const Recorded& recorded) {
  std::set<int> numbers = {0}, groups;
  for (const Json& event : recorded.timeline) {
    if (event.at("name") == "process_name") groups.insert(event.at("pid").get<int>());
    if (event.at("name") == "thread_name") CHECK(numbers.insert(event.at("tid").get<int>()).second);
  }
  for (const int group : groups) CHECK(numbers.count(group) == 0);
}

/// A drain begins after the last slot of its own tile, by as many edges as a PE has stages.
void check_drains(const Recorded& recorded, int pe_stages) {
  std::map<std::string, std::set<std::int64_t>> ends;  // of slots, by layer and tile: one a program
  for (const auto& [row, spans] : spans_of(recorded, "tiles")) {
    for (const Json& span : spans) {
      const std::string tile = span.at("args").dump() + span.at("name").dump();
      if (row % 100 == 0) {
        ends[tile].insert(end_of(span));
      } else {
        INFO(span.dump());
        CHECK(ends[tile].count(begin_of(span) - pe_stages + 1) == 1);
      }
    }
  }
}

void check_sums(const Recorded& recorded) {
  CHECK(recorded.report.at("passed") == true);
  const auto engines = spans_of(recorded, "engines");
  CHECK(engines.size() == kEngines);
  std::size_t engine = 0;
  for (const auto& [row, spans] : engines) {
    INFO("engine " << engine);
    std::int64_t at = 0;
    std::map<std::string, std::int64_t> cycles;
    for (const Json& span : spans) {
      REQUIRE(begin_of(span) == at);
      at = end_of(span);
      cycles[span.at("name")] += span.at("dur").get<std::int64_t>();
      CHECK(span.count("args") == 0);  // viewers would not add up activities that differ in them
    }
    CHECK(at == recorded.report.at("cycles"));
    CHECK(Json(cycles) == recorded.report.at("activity").at(engine));
    ++engine;
  }
  check_numbers(recorded);
  for (const char* const group : {"commands", "tiles", "DRAM command", "DRAM read", "DRAM write"})
    check_apart(recorded, group);

  // power.csv: the columns after the fourth are picojoules.
  std::istringstream lines(recorded.power);
  std::string line;
  std::getline(lines, line);
  std::vector<std::int64_t> sums(kComponents);
  std::int64_t cycles = 0;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string field;
    for (std::size_t i = 0; std::getline(fields, field, ','); ++i) {
      if (i == 1) cycles += std::stoll(field);
      if (i >= 4) sums[i - 4] += std::stoll(field);
    }
  }
  CHECK(cycles == recorded.report.at("cycles"));
  CHECK(Json(sums) == recorded.report.at("energy_pj"));
}

std::string text_of(const std::map<int, std::vector<Json>>& rows) {
  std::string text;
  for (const auto& [row, spans] : rows)
    for (const Json& span : spans) text += span.dump() + '\n';
  return text;
}

void check_levels(Scenario scenario, const Workload& workload, std::int64_t window_cycles) {
  scenario.technology =
      load_scenario(std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/lenet.yaml").technology;
  scenario.run.dmi = false;
  scenario.run.level = Level::kRtl;
  const Recorded rtl = recorded(scenario, workload, window_cycles);
  check_sums(rtl);
  check_drains(rtl, scenario.accelerator.pipeline.pe);
  if (scenario.mapping.barrier == LayerBarrier::kLayer) CHECK(rtl.report.at("too_fast") == Json::array());
  std::int64_t bytes = 0;
  for (const char* const group : {"DRAM command", "DRAM read", "DRAM write"}) {
    for (const auto& [row, spans] : spans_of(rtl, group))
      for (const Json& span : spans) bytes += span.at("args").at("bytes").get<std::int64_t>();
  }
  CHECK(bytes == rtl.report.at("dram_bytes"));
  for (const Level level : {Level::kTlm, Level::kAnalytic}) {
    INFO(to_string(level));
    scenario.run.level = level;
    const Recorded other = recorded(scenario, workload, window_cycles);
    check_sums(other);
    CHECK(other.report == rtl.report);
    CHECK(other.power == rtl.power);
    for (const char* const group : {"commands", "tiles"})
      CHECK(text_of(spans_of(other, group)) == text_of(spans_of(rtl, group)));
    // Closed forms know of no single burst.
    if (level == Level::kAnalytic && scenario.memory.model == MemoryKind::kIdeal) continue;
    for (const char* const group : {"DRAM command", "DRAM read", "DRAM write"})
      CHECK(text_of(spans_of(other, group)) == text_of(spans_of(rtl, group)));
  }
}

TEST_CASE("timeline and power of random networks add up at every level, which agree on them") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    const RandomCase c = make_random_case(seed);
    Scenario scenario;
    scenario.accelerator = c.config;
    scenario.network.batch = 1;  // a program of its own for each image
    scenario.mapping.barrier = seed % 3 == 0 ? LayerBarrier::kLayer : LayerBarrier::kNone;
    scenario.run.watchdog_cycles = 20'000;
    check_levels(scenario, {c.network, c.images, {}}, static_cast<std::int64_t>(1 + 37 * seed));
  }
}

/// A layer whose tiles take a command for each input channel.
std::optional<LayerMapping> chunked_layer(const RandomCase& c) {
  for (const QuantizedLayer& layer : c.network.layers) {
    if (layer.op != LayerOp::kConv) continue;
    LayerMapping mapping;
    mapping.layer = layer.name;
    mapping.channels = mapping.rows = 1;
    MapperOptions options;
    options.mappings = {mapping};
    try {
      const MappedProgram mapped = build_program(c.network, c.config, options);
      const auto& commands = mapped.program.commands;
      const bool is_chunked = std::any_of(commands.begin(), commands.end(), [](const Command& command) {
        const auto* compute = std::get_if<Compute>(&command.body);
        return compute != nullptr && !compute->last_chunk;
      });
      if (is_chunked) return mapping;
    } catch (const std::invalid_argument&) {  // a buffer is too small
    }
  }
  return std::nullopt;
}

TEST_CASE("drains of pipelined arrays belong to their tiles, which take one command or several") {
  constexpr int kCases = 8;
  int cases = 0;
  for (std::uint64_t seed = 100; cases < kCases; ++seed) {
    RandomCase c = make_random_case(seed);
    c.config.pipeline.pe = 1 + cases % 2;
    const std::optional<LayerMapping> mapping = chunked_layer(c);
    if (!mapping) continue;
    INFO("seed " << seed);
    ++cases;
    c.images.resize(1);
    // Blocks follow each other closely.
    c.config.queue_depth = 8;
    c.config.dram.burst_bytes = 128;
    c.config.dram.max_outstanding = 16;
    Scenario scenario;
    scenario.accelerator = c.config;
    scenario.mapping.layers = {*mapping};
    scenario.memory.bytes_per_cycle = Rational{64, 1};
    scenario.memory.latency_cycles = 1;
    check_levels(scenario, {c.network, c.images, {}}, 100);
  }
}

TEST_CASE("a tile that ends while the one before it drains leaves that one its drain") {
  const std::string scenarios = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/";
  Scenario scenario = load_scenario(
      scenarios + "fashion.yaml",
      {{"accelerator.pipeline.pe=2", ""},
       {"memory.bytes_per_cycle=64", ""},
       {"memory.latency_cycles=1", ""},
       {"mapping.layers=[{layer: conv3, rows: 4, columns: 14, channels: 1, output_channels: 32}]", ""}});
  scenario.network.count = 1;
  check_levels(scenario, prepare_workload(scenario, [](double) {}), 100);
}

TEST_CASE(
    "timeline and power of LeNet add up at every level, which agree on them, on ideal memory and DRAM") {
  const std::string scenarios = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/";
  for (const char* const memory : {"ideal", "lpddr4-3200"}) {
    INFO(memory);
    Scenario scenario =
        load_scenario(scenarios + "lenet.yaml", {{"memory=" + scenarios + "memory/" + memory + ".yaml", ""}});
    scenario.network.count = 1;
    scenario.accelerator.synchronization = Synchronization::kGroupMax;
    check_levels(scenario, prepare_workload(scenario, [](double) {}), 100);
  }
}

TEST_CASE("windows of power that become one keep their energy and their cycles") {
  PowerSeries power{10, 95, 1e9, std::vector<PowerSeries::Window>(10)};
  for (std::size_t w = 0; w < power.windows.size(); ++w)
    power.windows[w][0] = static_cast<std::int64_t>(w) + 1;
  const PowerSeries merged = power.merged(4);
  REQUIRE(merged.windows.size() == 4);
  CHECK(merged.window_cycles == 30);
  CHECK(merged.windows[0][0] == 1 + 2 + 3);
  CHECK(merged.windows[3][0] == 10);
  CHECK(merged.cycles_of(3) == 5);
  CHECK(power.merged(10).windows.size() == 10);
}

TEST_CASE("an unknown detail of a timeline is refused by name") {
  CHECK_THROWS_WITH(
      timeline_detail("burst", "--timeline"),
      "--timeline: 'burst' (did you mean 'bursts'?); accepted: engines, commands, tiles, bursts");
}

}  // namespace
}  // namespace bitbalance::test
