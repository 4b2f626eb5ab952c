#include "testbench/report/run_report.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/quotient.h"
#include "base/text/enum_index.h"
#include "hw/isa/account/dram_kinds.h"

namespace bitbalance::report {
namespace {

std::int64_t cycles_of(const ActivityCycles& engine, Activity activity) {
  return engine[enum_index(activity)];
}

template <class Value>
std::int64_t total(const std::vector<LayerReport>& layers, Value value) {
  return std::accumulate(layers.begin(), layers.end(), std::int64_t{0},
                         [&](std::int64_t sum, const LayerReport& layer) { return sum + value(layer); });
}

}  // namespace

std::int64_t bus_bytes(const EventCounts& events, MemoryKind memory) {
  const std::int64_t all = isa::dram_bytes(events);
  if (memory == MemoryKind::kTimed) return all;
  const std::int64_t commands = events[Event::kDramReadCommand];
  const std::int64_t written = events[Event::kDramWrite];
  return std::max({commands, written, all - commands - written});
}

LayerReport layer_report(const ProgramLayer& layer, Level level, const QuantizedNetwork& network,
                         const AcceleratorConfig& config) {
  LayerReport report;
  report.name = layer.name;
  report.op = layer.op;
  report.on_host = layer.on_host;
  report.level = level;
  report.lanes = config.lanes(width_of(network.tensors[layer.input].bits));
  return report;
}

double LayerReport::utilization(const AcceleratorConfig& config) const {
  const double offered = static_cast<double>(profile.cycles) * config.rows * lanes;
  return quotient(static_cast<double>(profile.events.slots()), offered);
}

const char* LayerReport::bound() const {
  if (on_host) return "host";
  constexpr std::array<const char*, kEngines> kNames = {"read", "compute", "vector", "write"};
  std::array<std::int64_t, kEngines> occupied{};
  for (std::size_t e = 0; e < occupied.size(); ++e) {
    for (const Activity a :
         {Activity::kBusy, Activity::kBankConflict, Activity::kDrainWait, Activity::kFill}) {
      occupied[e] += cycles_of(profile.activity[e], a);
    }
  }
  return kNames[std::max_element(occupied.begin(), occupied.end()) - occupied.begin()];
}

std::int64_t LayerReport::dram_bytes() const {
  return isa::dram_bytes(profile.events);
}

std::int64_t RunReport::cycles() const {
  return total(layers, [](const LayerReport& l) { return l.profile.cycles; });
}
std::int64_t RunReport::macs() const {
  return total(layers, [](const LayerReport& l) { return l.macs; });
}
std::int64_t RunReport::host_macs() const {
  return total(layers, [](const LayerReport& l) { return l.on_host ? l.macs : 0; });
}
std::int64_t RunReport::elements() const {
  return total(layers, [](const LayerReport& l) { return l.comparison.elements; });
}
std::int64_t RunReport::all_elements() const {
  return total(layers, [](const LayerReport& l) { return l.comparison.total; });
}
std::int64_t RunReport::mismatches() const {
  return total(layers, [](const LayerReport& l) { return l.comparison.mismatches; });
}

double RunReport::frames_per_s() const {
  return quotient(frames * scenario.accelerator.clock_hz, static_cast<double>(cycles()));
}

std::vector<std::string> RunReport::host_layers() const {
  std::vector<std::string> names;
  for (const LayerReport& layer : layers)
    if (layer.on_host) names.push_back(layer.name);
  return names;
}

std::vector<std::string> RunReport::open_accounts() const {
  std::vector<std::string> open;
  for (const LayerReport& layer : layers) {
    for (std::size_t e = 0; e < kEngines; ++e) {
      const ActivityCycles& engine = layer.profile.activity[e];
      const std::int64_t sum = std::accumulate(engine.begin(), engine.end(), std::int64_t{0});
      if (sum != layer.profile.cycles) open.push_back(layer.name + " " + to_string(static_cast<Engine>(e)));
    }
  }
  return open;
}

double RunReport::memory_figure(const char* name) const {
  return std::find_if(memory.begin(), memory.end(),
                      [&](const Statistic& s) { return std::strcmp(s.name, name) == 0; })
      ->number();
}

bool RunReport::writes_outputs() const {
  return outputs.size() > 1 || !scenario.network.outputs.empty();
}

bool RunReport::passed() const {
  const bool compared = elements() > 0 || !computes_data(scenario.run.level);
  return fault.empty() && disagreements.empty() && frames > 0 && compared && mismatches() == 0 &&
         open_accounts().empty();
}

std::vector<OutputReport> output_reports(const QuantizedNetwork& network) {
  std::vector<OutputReport> reports;
  for (const Output& output : network.outputs) reports.push_back({output.name, output.dims, {}});
  return reports;
}

}  // namespace bitbalance::report
