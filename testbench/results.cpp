#include "testbench/results.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace bitbalance {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;

double rate(double amount, double seconds) {
  return seconds > 0 ? amount / seconds : 0;
}

Json layer_json(const LayerReport& layer, const RunReport& report) {
  Json bytes;
  for (const DramKind& kind : kDramKinds) bytes[kind.name] = layer.profile.events[kind.event];
  Json engines;
  for (std::size_t e = 0; e < kEngines; ++e) {
    Json& engine = engines[engine_name(static_cast<Engine>(e))];
    for (std::size_t a = 0; a < kActivities; ++a) {
      engine[to_string(static_cast<Activity>(a))] = layer.profile.activity[e][a];
    }
  }
  Json events;
  for (int e = 0; e < kEvents; ++e) {
    const auto event = static_cast<Event>(e);
    events[to_string(event)] = layer.profile.events[event];
  }
  return {{"name", layer.name},
          {"op", layer.op},
          {"level", to_string(report.scenario.run.level)},
          {"macs", layer.macs},
          {"cycles", layer.profile.cycles},
          {"utilization", layer.utilization(report.scenario.accelerator)},
          {"bound", layer.bound()},
          {"dram_bytes", bytes},
          {"output_elements", layer.comparison.elements},
          {"output_mismatches", layer.comparison.mismatches},
          {"engines", engines},
          {"events", events}};
}

}  // namespace

const char* engine_name(Engine engine) {
  constexpr std::array<const char*, kEngines> kNames = {"load", "compute", "vector", "store"};
  return kNames[static_cast<std::size_t>(engine)];
}

std::string to_json(const RunReport& report) {
  const Scenario& scenario = report.scenario;
  const auto cycles = static_cast<double>(report.cycles());
  const auto macs = static_cast<double>(report.macs());
  Json json = {{"schema", kSchema},
               {"scenario", scenario.name},
               {"level", to_string(scenario.run.level)},
               {"verdict", report.passed() ? "pass" : "fail"},
               {"config_hash", fmt::format("{:08x}", config_hash(scenario.accelerator))},
               {"frames", report.frames},
               {"batch", scenario.network.batch},
               {"clock_hz", scenario.accelerator.clock_hz},
               {"cycles", report.cycles()},
               {"frames_per_s", report.frames_per_s()}};
  if (report.accuracy) {
    json["accuracy"] = {{"metric", "top1"},
                        {"float", report.accuracy->reference},
                        {"quantized", report.accuracy->quantized},
                        {"samples", report.accuracy->samples}};
  }
  json["host"] = {{"wall_s", report.host.wall_s},
                  {"simulate_s", report.host.simulate_s},
                  {"cycles_per_s", rate(cycles, report.host.simulate_s)},
                  {"macs_per_s", rate(macs, report.host.simulate_s)},
                  {"peak_rss_bytes", report.host.peak_rss_bytes}};
  if (!report.fault.empty()) json["fault"] = report.fault;
  json["layers"] = Json::array();
  for (const LayerReport& layer : report.layers) json["layers"].push_back(layer_json(layer, report));
  return json.dump(2) + "\n";
}

std::string to_csv(const RunReport& report) {
  std::string csv = "layer,op,level,macs,cycles,utilization,bound";
  for (const DramKind& kind : kDramKinds) csv += fmt::format(",dram_{}_bytes", kind.name);
  csv += ",output_elements,output_mismatches";
  for (std::size_t e = 0; e < kEngines; ++e) {
    for (std::size_t a = 0; a < kActivities; ++a) {
      csv += fmt::format(",{}_{}_cycles", engine_name(static_cast<Engine>(e)),
                         to_string(static_cast<Activity>(a)));
    }
  }
  csv += '\n';
  for (const LayerReport& layer : report.layers) {
    std::string name = layer.name;  // a quote inside quotes is doubled
    for (std::size_t at = 0; (at = name.find('"', at)) != std::string::npos; at += 2) name.insert(at, 1, '"');
    csv += fmt::format("\"{}\",{},{},{},{},{:.4f},{}", name, layer.op, to_string(report.scenario.run.level),
                       layer.macs, layer.profile.cycles, layer.utilization(report.scenario.accelerator),
                       layer.bound());
    for (const DramKind& kind : kDramKinds) csv += fmt::format(",{}", layer.profile.events[kind.event]);
    csv += fmt::format(",{},{}", layer.comparison.elements, layer.comparison.mismatches);
    for (const ActivityCycles& engine : layer.profile.activity) {
      for (const std::int64_t cycles : engine) csv += fmt::format(",{}", cycles);
    }
    csv += '\n';
  }
  return csv;
}

}  // namespace bitbalance
