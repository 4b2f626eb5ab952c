#include "hw/timeline/activity_ledger.h"

#include <algorithm>
#include <tuple>

#include "base/text/enum_index.h"
#include "hw/isa/account/activity.h"

namespace bitbalance::timeline {
namespace {

constexpr std::size_t kCompute = enum_index(Engine::kCompute);

}  // namespace

void ActivityLedger::clear() {
  for (std::vector<Span>& spans : spans_) spans.clear();
  array_.clear();
  ends_.clear();
}

void ActivityLedger::write(Edge end, Profile& profile) {
  std::sort(ends_.begin(), ends_.end(), [](const LayerEnd& a, const LayerEnd& b) {
    return std::tie(a.edge, a.engine) < std::tie(b.edge, b.engine);
  });
  ends_.push_back({end, Engine::kStore, ends_.empty() ? 0 : ends_.back().layer});
  Edge begin = 0;
  for (const LayerEnd& layer : ends_) {
    profile.layer(layer.layer).cycles += layer.edge - begin;
    begin = layer.edge;
  }
  for (std::size_t e = 0; e < kEngines; ++e) {
    spans_[e].push_back({end, Activity::kNoCommand});
    write_spans(e, profile);
  }
  write_array(profile);
}

void ActivityLedger::write_spans(std::size_t engine, Profile& profile) const {
  auto layer = ends_.begin();
  Edge from = 0;
  for (const Span& span : spans_[engine]) {
    while (from < span.end) {
      while (layer->edge <= from) ++layer;
      const Edge to = std::min(span.end, layer->edge);
      // What the array does while the engine is busy is told apart below; what it does not know is fill.
      const bool of_array = engine == kCompute && span.activity == Activity::kBusy;
      profile.layer(layer->layer)
          .activity[engine][of_array ? enum_index(Activity::kFill) : enum_index(span.activity)] += to - from;
      from = to;
    }
  }
}

void ActivityLedger::write_array(Profile& profile) const {
  auto layer = ends_.begin();
  for (const ArraySpan& span : array_) {
    ActivityCycles counted{};
    const auto add_up_to = [&](const ActivityCycles& cycles) {
      ActivityCycles& compute = profile.layer(layer->layer).activity[kCompute];
      for (const Activity activity : kArrayActivities) {
        const std::int64_t more = cycles[enum_index(activity)] - counted[enum_index(activity)];
        compute[enum_index(activity)] += more;
        compute[enum_index(Activity::kFill)] -= more;
      }
      counted = cycles;
    };
    // From the command's pop on the array can count something.
    while (layer->edge <= span.work.popped) ++layer;
    for (; layer->edge < span.end; ++layer) add_up_to(activity_before(span.work, layer->edge));
    add_up_to(span.cycles);
  }
}

}  // namespace bitbalance::timeline
