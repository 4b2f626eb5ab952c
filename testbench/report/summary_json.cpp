#include "testbench/report/summary_json.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <variant>

#include "base/file/file_fingerprint.h"
#include "base/quotient.h"
#include "hw/isa/account/dram_kinds.h"

namespace bitbalance::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSummarySchema = 1;

/// Energies and area of a run; nothing is added up over core and DRAM but frames_per_j.
void add_cost(const CostReport& cost, Json& json) {
  json["energy_j_per_frame"] = {{"core", cost.core_j_per_frame()}, {"dram", cost.dram_j_per_frame()}};
  json["area_mm2"] = cost.area.total_mm2();
  json["frames_per_j"] = cost.frames_per_j();
  json["frames_per_j_core"] = cost.frames_per_j_core();
  json["frames_per_s_per_mm2"] = cost.frames_per_s_per_mm2();
  json["technology"] = cost.technology;
  json["technology_name"] = cost.technology_name;
  json["dram_type"] = to_string(cost.dram);
  if (std::isfinite(cost.highest_clock.hz)) json["highest_clock_hz"] = cost.highest_clock.hz;
  const ComponentEnergies energies = cost.total.components();
  for (std::size_t c = 0; c < kComponents; ++c) {
    const auto component = static_cast<Component>(c);
    if (component == Component::kDram) continue;
    Json& entry = json["components"][to_string(component)];
    entry["energy_j_per_frame"] = {{"actions", energies[c].actions_j / cost.frames},
                                   {"clock", energies[c].clock_j / cost.frames},
                                   {"leakage", energies[c].leakage_j / cost.frames}};
    entry["area_mm2"] = {{"logic", cost.area.component[c].logic_mm2},
                         {"sram", cost.area.component[c].sram_mm2}};
  }
}

Json memory_json(const RunReport& report) {
  const MemorySettings& memory = report.scenario.memory;
  Json json = {{"model", to_string(memory.model)},
               {"peak_bytes_per_cycle", memory.peak_bytes_per_cycle(report.scenario.accelerator.clock_hz)}};
  if (memory.model == MemoryKind::kTimed) {
    json["name"] = memory.dram.config.name;
    json["type"] = memory.dram.type;
  }
  for (const Statistic& statistic : report.memory)
    std::visit([&](auto value) { json[statistic.name] = value; }, statistic.value);
  return json;
}

Json accuracy_json(const Accuracy& accuracy) {
  Json json = {{"metric", to_string(accuracy.metric)},
               {"quantized", accuracy.quantized},
               {"samples", accuracy.samples}};
  const bool reads_text = accuracy.metric == AccuracyMetric::kCharacterErrorRate;
  if (reads_text) json["exact_lines"] = {{"quantized", accuracy.exact_quantized}};
  if (!accuracy.reference) return json;
  json["float"] = *accuracy.reference;
  if (reads_text) json["exact_lines"]["float"] = accuracy.exact_reference;
  return json;
}

Json layer_json(std::size_t index, const RunReport& report) {
  const LayerReport& layer = report.layers[index];
  Json bytes;
  for (const DramKind& kind : kDramKinds) bytes[kind.name] = layer.profile.events[kind.event];
  Json engines;
  for (std::size_t e = 0; e < kEngines; ++e) {
    Json& engine = engines[to_string(static_cast<Engine>(e))];
    for (std::size_t a = 0; a < kActivities; ++a) {
      engine[to_string(static_cast<Activity>(a))] = layer.profile.activity[e][a];
    }
  }
  Json events;
  for (int e = 0; e < kEvents; ++e) {
    const auto event = static_cast<Event>(e);
    events[to_string(event)] = layer.profile.events[event];
  }
  Json json = {{"name", layer.name},
               {"op", layer.op},
               {"level", layer.level_name()},
               {"on_host", layer.on_host},
               {"macs", layer.macs},
               {"cycles", layer.profile.cycles},
               {"utilization", layer.utilization(report.scenario.accelerator)},
               {"bound", layer.bound()},
               {"dram_bytes", bytes},
               {"bus_bytes", bus_bytes(layer.profile.events, report.scenario.memory.model)},
               {"output_elements", layer.comparison.elements},
               {"output_elements_total", layer.comparison.total},
               {"output_mismatches", layer.comparison.mismatches},
               {"engines", engines},
               {"events", events}};
  if (report.cost) {
    const EnergyReport& energy = report.cost->layers[index].energy;
    json["energy_j"] = {{"core", energy.core_j()}, {"dram", energy.dram_j()}};
  }
  return json;
}

}  // namespace

std::string output_file(std::size_t index) {
  return fmt::format("output_{}.npy", index);
}

std::string to_json(const RunReport& report) {
  const Scenario& scenario = report.scenario;
  const auto cycles = static_cast<double>(report.cycles());
  const auto macs = static_cast<double>(report.macs() - report.host_macs());
  Json json = {{"schema", kSummarySchema},
               {"program", {{"version", report.program.version}, {"revision", report.program.revision}}},
               {"scenario", scenario.name},
               {"level", to_string(scenario.run.level)},
               {"verdict", report.passed() ? "pass" : "fail"},
               {"config_hash", fmt::format("{:08x}", config_hash(scenario.accelerator))},
               {"frames", report.frames},
               {"batch", scenario.network.batch},
               {"clock_hz", scenario.accelerator.clock_hz},
               {"cycles", report.cycles()},
               {"frames_per_s", report.frames_per_s()}};
  json["network"] = {{"name", report.network},
                     {"weights", scenario.network.builtin.empty() ? "model" : "synthetic"},
                     {"images", scenario.network.synthetic() ? "synthetic" : "file"}};
  for (const auto& [key, file] :
       {std::pair{"model", &scenario.network.model}, std::pair{"quantized", &scenario.network.quantized}}) {
    if (file->empty()) continue;
    json["network"][key] = {{"file", file->filename().string()},
                            {"hash", fmt::format("{:016x}", fingerprint_of(*file))}};
  }
  json["outputs"] = Json::array();
  for (std::size_t o = 0; o < report.outputs.size(); ++o) {
    const OutputReport& output = report.outputs[o];
    Json entry = {{"name", output.name}, {"shape", output.dims}};
    if (!output.values.empty()) entry["file"] = output_file(o);
    json["outputs"].push_back(std::move(entry));
  }
  json["on_host"] = report.host_layers();
  json["macs"] = {{"accelerator", report.macs() - report.host_macs()}, {"host", report.host_macs()}};
  if (report.accuracy) {
    json["accuracy"] = accuracy_json(*report.accuracy);
  }
  json["memory"] = memory_json(report);
  if (report.cost) add_cost(*report.cost, json);
  json["host"] = {{"wall_s", report.host.wall_s},
                  {"simulate_s", report.host.simulate_s},
                  {"cycles_per_s", quotient(cycles, report.host.simulate_s)},
                  {"macs_per_s", quotient(macs, report.host.simulate_s)},
                  {"peak_rss_bytes", report.host.peak_rss_bytes}};
  if (!report.host.layer_simulate_s.empty()) json["host"]["layer_simulate_s"] = report.host.layer_simulate_s;
  if (!report.fault.empty()) json["fault"] = report.fault;
  if (!report.disagreements.empty()) json["disagreements"] = report.disagreements;
  json["layers"] = Json::array();
  for (std::size_t i = 0; i < report.layers.size(); ++i) json["layers"].push_back(layer_json(i, report));
  return json.dump(2) + "\n";
}

}  // namespace bitbalance::report
