#include "testbench/waveform/power_meter.h"

#include <utility>

#include "base/text/enum_index.h"

namespace bitbalance::waveform {

PowerMeter::PowerMeter(const rtl::Accelerator& accelerator, const CostModel& cost, std::vector<Width> widths,
                       std::int64_t window_cycles)
    : accelerator_(accelerator), cost_(cost), widths_(std::move(widths)), window_cycles_(window_cycles) {}

void PowerMeter::program_started(Edge /*edge*/) {
  at_start_ = counted();
  running_ = true;
}

void PowerMeter::program_ended(Edge /*edge*/) {
  before_ = actions();
  running_ = false;
}

PowerMeter::Actions PowerMeter::counted() const {
  std::array<EventCounts, 2> events;
  const std::vector<LayerProfile>& layers = accelerator_.profile().layers();
  for (std::size_t i = 0; i < layers.size(); ++i) events[enum_index(widths_[i])] += layers[i].events;
  int layer = 0;
  const EventCounts tile = accelerator_.uncounted(layer);
  events[enum_index(widths_[static_cast<std::size_t>(layer)])] += tile;
  return {actions_of(events[0]), actions_of(events[1])};
}

PowerMeter::Actions PowerMeter::actions() const {
  Actions sum = before_;
  if (!running_) return sum;
  const Actions now = counted();
  for (std::size_t w = 0; w < sum.size(); ++w)
    for (std::size_t a = 0; a < kActions; ++a) sum[w][a] += now[w][a] - at_start_[w][a];
  return sum;
}

PowerMeter::Energy PowerMeter::energy(std::int64_t cycles) const {
  const Actions sum = actions();
  EnergyReport report = cost_.energy({sum[enum_index(Width::k8)], cycles, Width::k8});
  report += cost_.energy({sum[enum_index(Width::k16)], 0, Width::k16});
  return {report.core_j(), report.dram_j()};
}

}  // namespace bitbalance::waveform
