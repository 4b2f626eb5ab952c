#include "hw/rtl/clock/clock_domain.h"

#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include "hw/rtl/channel/channel_state.h"
#include "hw/rtl/clock/clocked.h"

namespace bitbalance::rtl {

std::shared_ptr<ClockDomain> ClockDomain::of(const Signal& clock, const Signal& reset) {
  static std::map<std::pair<const Signal*, const Signal*>, std::weak_ptr<ClockDomain>> domains;
  std::weak_ptr<ClockDomain>& known = domains[{&clock, &reset}];
  std::shared_ptr<ClockDomain> domain = known.lock();
  if (domain == nullptr) known = domain = std::make_shared<ClockDomain>(clock, reset);
  return domain;
}

ClockDomain::ClockDomain(const Signal& clock, const Signal& reset) : clock_(clock), reset_(reset) {
  sc_core::sc_spawn_options options;
  options.spawn_method();
  options.dont_initialize();
  options.set_sensitivity(&clock.posedge_event());
  sc_core::sc_spawn([this] { on_edge(); }, "on_edge", &options);
}

void ClockDomain::enter(Clocked& unit) {
  if (units_.size() == kWordBits * awake_.size()) {
    awake_.push_back(0);
    for (std::size_t i = 0; i < units_.size(); ++i) place(i, units_[i]);  // the words have moved
  }
  units_.push_back(nullptr);
  unit.edge_ = &edge_;
  place(units_.size() - 1, &unit);
  unit.wake();
}

void ClockDomain::leave(Clocked& unit) {
  *unit.awake_ &= ~unit.mask_;
  std::replace(units_.begin(), units_.end(), &unit, static_cast<Clocked*>(nullptr));
}

void ClockDomain::place(std::size_t at, Clocked* unit) {
  units_[at] = unit;
  if (unit == nullptr) return;
  unit->awake_ = &awake_[at / kWordBits];
  unit->mask_ = std::uint64_t{1} << at % kWordBits;
}

void ClockDomain::permute(std::uint64_t seed) {
  std::vector<Clocked*> order = units_;
  std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
  for (std::size_t i = 0; i < order.size(); ++i) place(i, order[i]);
  wake_all();
}

void ClockDomain::keep_awake() {
  sleepless_ = true;
  wake_all();
}

void ClockDomain::wake_all() {
  std::fill(awake_.begin(), awake_.end(), 0);
  for (Clocked* const unit : units_) {
    if (unit != nullptr) unit->wake();
  }
}

void ClockDomain::sleep(Clocked& unit, Edge at_latest) {
  if (sleepless_) return;
  *unit.awake_ &= ~unit.mask_;
  unit.alarm_ = at_latest;
  first_alarm_ = std::min(first_alarm_, at_latest);
}

void ClockDomain::ring() {
  first_alarm_ = kNever;
  for (Clocked* const unit : units_) {
    if (unit == nullptr) continue;
    if (unit->alarm_ <= edge_) {
      unit->alarm_ = kNever;
      unit->wake();
    }
    first_alarm_ = std::min(first_alarm_, unit->alarm_);
  }
}

void ClockDomain::reset_units() {
  for (Clocked* const unit : units_) {
    if (unit == nullptr) continue;
    for (Clearable* const channel : unit->cleared_) channel->clear();
    unit->reset();
    unit->wake();
  }
}

bool ClockDomain::is_quiet() const {
  return !sleepless_ &&
         std::all_of(awake_.begin(), awake_.end(), [](std::uint64_t word) { return word == 0; }) &&
         std::all_of(units_.begin(), units_.end(),
                     [](const Clocked* unit) { return unit == nullptr || unit->alarm_ == kNever; });
}

void ClockDomain::call_units() {
  for (std::size_t word = 0; word < awake_.size(); ++word) {
    // Those woken meanwhile can wait: what wakes a unit concerns the next edge.
    for (std::uint64_t awake = awake_[word]; awake != 0; awake &= awake - 1) {
      units_[kWordBits * word + static_cast<std::size_t>(__builtin_ctzll(awake))]->on_clock();
    }
  }
}

void ClockDomain::tell(bool needed) const {
  for (const auto& observer : observers_) observer(needed);
}

void ClockDomain::on_edge() {
  if (resting_) {
    resting_ = false;
    tell(true);
    const bool resets_at_edge = reset_.read() && clock_.posedge();
    if (!resets_at_edge) return;  // woken between edges, or at one that concerns nobody
  }
  ++edge_;
  if (edge_ >= first_alarm_) ring();
  at_edge_ = true;
  if (reset_.read()) {
    reset_units();
  } else {
    call_units();
  }
  at_edge_ = false;
  for (ChannelState* const channel : changed_) channel->commit();
  changed_.clear();
  if (!is_quiet()) return;
  resting_ = true;
  sc_core::next_trigger(rest_over_ | reset_.value_changed_event());
  tell(false);
}

}  // namespace bitbalance::rtl
