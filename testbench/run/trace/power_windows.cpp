#include "testbench/run/trace/power_windows.h"

#include <algorithm>
#include <cmath>

#include "base/text/enum_index.h"
#include "hw/isa/account/profile.h"

namespace bitbalance::runner {
namespace {

constexpr double kPicojoulePerJoule = 1e12;

}  // namespace

/// Collects what the commands of a program count.
class PowerWindows::Counter : public ExecutionObserver {
 public:
  explicit Counter(PowerWindows& power) : power_(power) {}

  void command_issued(Engine /*engine*/, const Command& command, Edge /*edge*/) override {
    layer_ = command.header.layer;
  }
  void command_counted(Engine engine, const EventCounts& events) override {
    EventCounts all = events;
    count_fetch(all);
    power_.expected_[enum_index(engine)].push_back(
        {actions_of(all), power_.width_of(static_cast<std::size_t>(layer_))});
  }

 private:
  PowerWindows& power_;
  int layer_ = 0;
};

PowerWindows::PowerWindows(std::int64_t window_cycles, const AcceleratorConfig& config,
                           const QuantizedNetwork& network)
    : window_cycles_(window_cycles), config_(config), timeline_(config, {}), weights_(network) {}

void PowerWindows::expect(const Program& program, const std::vector<LayerReport>& layers) {
  widths_.clear();
  for (const LayerReport& layer : layers) widths_.push_back(layer.width(config_));
  for (auto& commands : expected_) commands.clear();
  alone_.assign(1, fetch_of(0));  // the header
  for (const Command& command : program.commands)
    if (!has_engine(command)) alone_.push_back(fetch_of(command.header.layer));
  Counter counter(*this);
  timeline_.analyze(program, weights_, counter);
}

PowerWindows::Counted PowerWindows::fetch_of(int layer) const {
  EventCounts events;
  count_fetch(events);
  return {actions_of(events), width_of(static_cast<std::size_t>(layer))};
}

void PowerWindows::command_issued(Engine engine, const Command& /*command*/, Edge edge) {
  auto& expected = expected_[enum_index(engine)];
  under_way_[enum_index(engine)].push_back({expected.front(), cycles_ + edge - begin_});
  expected.pop_front();
}

void PowerWindows::command_completed(Engine engine, const Command& /*command*/, Edge edge) {
  auto& under_way = under_way_[enum_index(engine)];
  spread(under_way.front().counted, under_way.front().begin, cycles_ + edge - begin_);
  under_way.pop_front();
}

void PowerWindows::program_ended(Edge edge) {
  for (const Counted& counted : alone_) spread(counted, cycles_, cycles_ + 1);
  for (auto& commands : under_way_) commands.clear();  // of a program that was stopped
  cycles_ += edge - begin_;
}

void PowerWindows::spread(const Counted& counted, std::int64_t begin, std::int64_t end) {
  const auto last = static_cast<std::size_t>((end - 1) / window_cycles_);
  if (windows_.size() <= last) windows_.resize(last + 1);
  ActionCounts given{};
  for (auto w = static_cast<std::size_t>(begin / window_cycles_); w <= last; ++w) {
    const std::int64_t up_to = std::min(end, static_cast<std::int64_t>(w + 1) * window_cycles_);
    ActionCounts& actions = windows_[w][enum_index(counted.width)];
    for (std::size_t a = 0; a < kActions; ++a) {
      // Counts of a command and its cycles have less than 63 bits together.
      const std::int64_t due = counted.actions[a] * (up_to - begin) / (end - begin);
      actions[a] += due - given[a];
      given[a] = due;
    }
  }
}

PowerSeries PowerWindows::series(const CostModel& cost) const {
  PowerSeries power{window_cycles_, cycles_, config_.clock_hz, {}};
  power.windows.resize(static_cast<std::size_t>((cycles_ + window_cycles_ - 1) / window_cycles_));
  Work narrow, wide;  // up to the end of a window
  wide.width = Width::k16;
  PowerSeries::Window before{};
  for (std::size_t w = 0; w < power.windows.size(); ++w) {
    narrow.cycles += power.cycles_of(w);
    if (w < windows_.size()) {
      for (std::size_t a = 0; a < kActions; ++a) {
        narrow.actions[a] += windows_[w][enum_index(Width::k8)][a];
        wide.actions[a] += windows_[w][enum_index(Width::k16)][a];
      }
    }
    EnergyReport energy = cost.energy(narrow);
    energy += cost.energy(wide);
    const ComponentEnergies components = energy.components();
    for (std::size_t c = 0; c < kComponents; ++c) {
      const std::int64_t pj = std::llround(components[c].total_j() * kPicojoulePerJoule);
      power.windows[w][c] = pj - before[c];
      before[c] = pj;
    }
  }
  return power;
}

}  // namespace bitbalance::runner
