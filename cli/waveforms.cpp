#include "cli/waveforms.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/cost/cost_model.h"
#include "testbench/report/folder/file_name.h"
#include "testbench/run/process/console.h"
#include "testbench/scenario/layer_patterns.h"

namespace bitbalance::cli {
namespace {

void require_clocked(const std::string& window, Level level) {
  if (level == Level::kRtl) return;
  throw SettingsError(fmt::format(
      "--trace {}: the layer runs at level {}; accepted: a layer that --rtl names, or any with --level rtl",
      window, to_string(level)));
}

WindowRequest request_of(const std::string& window, const std::vector<std::string>& signals,
                         const Scenario& scenario, const Simulation& simulation) {
  const std::vector<std::string> layers = simulation.programs().layer_names();
  if (is_cycle_window(window, layers)) {
    if (!scenario.run.mixed()) require_clocked(window, scenario.run.level);
    return cycle_window(window, signals);
  }
  const TracedLayer traced = traced_layer(window, layers);
  const Program& program = simulation.programs().program_with(traced.layer);
  require_clocked(window, simulation.level_of(program));
  return layer_window(traced, signals, program, scenario.accelerator);
}

/// Of activations, by layer.
std::vector<Width> widths_of(const Simulation& simulation, const Scenario& scenario) {
  std::vector<Width> widths;
  for (const LayerReport& layer : simulation.layers()) widths.push_back(layer.width(scenario.accelerator));
  return widths;
}

}  // namespace

void check(const WaveformArguments& arguments, Level level) {
  if (arguments.windows.empty()) {
    if (!arguments.signals.empty()) throw SettingsError("--signals: accepted: only together with --trace");
    if (arguments.fst) throw SettingsError("--fst: accepted: only together with --trace");
    return;
  }
  if (!computes_data(level)) {
    throw SettingsError(
        fmt::format("--trace with level {}: accepted: a level that computes data", to_string(level)));
  }
}

Waveforms::Waveforms(const WaveformArguments& arguments, const Scenario& scenario, Simulation& simulation,
                     int power_cycles, ResultsFolder& folder) {
  std::vector<std::string> stems;
  for (const std::string& window : arguments.windows) {
    const WindowRequest request = request_of(window, arguments.signals, scenario, simulation);
    RtlDevice& device = simulation.system().rtl();
    if (power_cycles > 0 && power_ == nullptr) {
      power_ = std::make_unique<PowerMeter>(device.accelerator,
                                            CostModel(*scenario.technology, scenario.accelerator),
                                            widths_of(simulation, scenario), power_cycles);
    }
    const std::string name = request.layer.empty() ? "cycles" : file_name(request.layer);
    std::string stem = name;
    for (int n = 2; std::find(stems.begin(), stems.end(), stem) != stems.end(); ++n)
      stem = fmt::format("{}-{}", name, n);
    stems.push_back(stem);
    windows_.push_back(std::make_unique<WaveformWindow>(
        sc_core::sc_gen_unique_name("waveform"), request,
        WaveformSource{device.accelerator, device.clock.signal, device.clock.period(), power_.get()},
        arguments.fst ? DumpFormat::kFst : DumpFormat::kVcd, folder.workspace() / stem));
    for (const std::string& file : windows_.back()->file_names()) folder.announce(file);
  }
}

void Waveforms::join(RunTrace& trace) {
  if (power_) trace.add(power_.get());
  for (const auto& window : windows_) trace.add(window.get());
}

void Waveforms::check() const {
  for (const auto& window : windows_) window->check();
}

void Waveforms::finish() {
  for (const auto& window : windows_) {
    window->finish();
    const std::string missing = window->missing();
    if (!missing.empty()) tell(fmt::format("--trace {}: {}", window->request().text, missing));
  }
}

}  // namespace bitbalance::cli
