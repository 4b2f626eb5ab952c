#include "testbench/report/action_record.h"

#include <fmt/format.h>

#include <numeric>

#include "testbench/scenario/settings/settings_reader.h"
#include "testbench/scenario/settings/settings_writer.h"

namespace bitbalance::report {
namespace {

constexpr std::int64_t kLargestCount = std::int64_t{1} << 60;

void show_layer(SettingsVisitor& v, RecordedLayer& layer) {
  v.text({"name", "of the layer"}, layer.name);
  v.required();
  v.choice({"activation_bits", "of the layer"}, layer.work.width, {"8", "16"});
  v.required();
  v.integer({"cycles", "each costs clock and leakage of every component"}, layer.work.cycles, 0,
            kLargestCount);
  v.required();
  for (std::size_t c = 0; c < kComponents; ++c) {
    const auto component = static_cast<Component>(c);
    v.section({to_string(component), "component"}, [&] {
      for (std::size_t a = 0; a < kActions; ++a) {
        const ActionInfo& action = info(static_cast<Action>(a));
        if (action.component != component) continue;
        v.integer({action.name, action.meaning}, layer.work.actions[a], 0, kLargestCount);
        v.required();
      }
    });
  }
}

void show(SettingsVisitor& v, ActionRecord& record) {
  v.text({"scenario", "that was run"}, record.scenario);
  v.required();
  v.integer({"frames", "the counts are of all of them"}, record.frames, 1, 1 << 30);
  v.required();
  v.text({"memory_type", "standard of the timed memory; empty: ideal"}, record.memory_type);
  v.section({"accelerator", "the hardware"}, [&] { show_accelerator(v, record.accelerator); });
  v.list(
      {"layers", "counts by component and action"}, [&](std::size_t size) { record.layers.resize(size); },
      [&] { return record.layers.size(); }, [&](std::size_t i) { show_layer(v, record.layers[i]); });
  v.required();
}

}  // namespace

std::int64_t ActionRecord::cycles() const {
  return std::accumulate(
      layers.begin(), layers.end(), std::int64_t{0},
      [](std::int64_t sum, const RecordedLayer& layer) { return sum + layer.work.cycles; });
}

ActionRecord record_of(const RunReport& report) {
  ActionRecord record;
  record.scenario = report.scenario.name;
  record.frames = report.frames;
  const MemorySettings& memory = report.scenario.memory;
  if (memory.model == MemoryKind::kTimed) record.memory_type = memory.dram.type;
  record.accelerator = report.scenario.accelerator;
  for (const LayerReport& layer : report.layers)
    record.layers.push_back({layer.name, work_of(layer.profile, layer.width(record.accelerator))});
  return record;
}

std::string to_yaml(const ActionRecord& record) {
  ActionRecord copy = record;  // visitors may write
  SettingsWriter writer;
  show(writer, copy);
  return writer.yaml();
}

ActionRecord load_actions(const std::filesystem::path& file) {
  ActionRecord record;
  SettingsReader reader(file, {});
  reader.read([&] { show(reader, record); });
  std::int64_t cycles = 0;
  for (const RecordedLayer& layer : record.layers) {
    cycles += layer.work.cycles;
    if (cycles > kLargestCount) {
      throw SettingsError(fmt::format("{}: layers: {} cycles and more; accepted: {} together", file.string(),
                                      cycles, kLargestCount));
    }
  }
  return record;
}

}  // namespace bitbalance::report
