#include "hw/rtl/cycle_accounts.h"

#include "base/text/enum_index.h"

namespace bitbalance::rtl {
namespace {

constexpr std::size_t kCompute = enum_index(Engine::kCompute);
constexpr std::size_t kBusy = enum_index(Activity::kBusy);

}  // namespace

void CycleAccounts::clear(Edge edge) {
  cycles_ = layer_cycles_ = 0;
  layer_activity_ = {};
  busy_ = {};
  last_layer_ = 0;
  counted_ = edge - 1;
  for (const Activity activity : kArrayActivities)
    metered_[enum_index(activity)] = meter_->before(edge, activity);
}

void CycleAccounts::count(Edge edge, const Activities& activities) {
  counted_ = edge;
  ++cycles_;
  ++layer_cycles_;
  for (std::size_t e = 0; e < kEngines; ++e) ++layer_activity_[e][enum_index(activities[e])];
}

void CycleAccounts::catch_up(Edge edge, const Activities& activities) {
  const std::int64_t missed = edge - 1 - counted_;
  if (missed == 0) return;
  cycles_ += missed;
  layer_cycles_ += missed;
  for (std::size_t e = 0; e < kEngines; ++e) layer_activity_[e][enum_index(activities[e])] += missed;
  counted_ += missed;
}

void CycleAccounts::close_layer(std::size_t layer, Edge edge) {
  LayerProfile& profile = profile_.layer(layer);
  ActivityCycles& compute = layer_activity_[kCompute];
  std::int64_t unnamed = compute[kBusy];
  compute[kBusy] = 0;
  for (const Activity activity : kArrayActivities) {
    const std::int64_t total = meter_->before(edge, activity);
    const std::int64_t cycles = total - metered_[enum_index(activity)];
    metered_[enum_index(activity)] = total;
    compute[enum_index(activity)] += cycles;
    unnamed -= cycles;
  }
  compute[enum_index(Activity::kFill)] += unnamed;
  for (std::size_t e = 0; e < kEngines; ++e) {
    for (std::size_t a = 0; a < kActivities; ++a) profile.activity[e][a] += layer_activity_[e][a];
    busy_[e] += layer_activity_[e][kBusy];
  }
  profile.cycles += layer_cycles_;
  layer_activity_ = {};
  layer_cycles_ = 0;
  last_layer_ = layer;
}

void CycleAccounts::show(Edge edge, bool runs, const Activities& activities,
                         ControlRegisters::Counters& counters) const {
  const std::int64_t missed = runs ? edge - counted_ : 0;
  counters.cycles = cycles_ + missed;
  for (std::size_t e = 0; e < kEngines; ++e) {
    counters.busy[e] = busy_[e] + layer_activity_[e][kBusy];
    if (activities[e] == Activity::kBusy) counters.busy[e] += missed;
  }
  counters.busy[kCompute] = busy_[kCompute] + meter_->before(edge + 1, Activity::kBusy) - metered_[kBusy];
}

}  // namespace bitbalance::rtl
