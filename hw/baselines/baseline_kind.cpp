#include "hw/baselines/baseline_kind.h"

#include <algorithm>
#include <tuple>

namespace bitbalance::baselines {
namespace {

/// Chained by the objects themselves: there is no container that could be constructed after them.
const BaselineKind* last_registered = nullptr;

}  // namespace

BaselineKind::BaselineKind(const char* name, Publication published, int published_lanes) noexcept
    : name_(name), published_(published), published_lanes_(published_lanes), next_(last_registered) {
  last_registered = this;
}

void BaselineKind::check_lanes(int /*lanes*/) const {}

int BaselineKind::terms_per_cycle(const Baseline& baseline, int /*weight_bits*/) const {
  return baseline.lanes;
}

std::vector<const BaselineKind*> baseline_kinds() {
  std::vector<const BaselineKind*> kinds;
  for (const BaselineKind* kind = last_registered; kind != nullptr; kind = kind->next_) kinds.push_back(kind);
  const auto key = [](const BaselineKind* kind) {
    return std::tuple(kind->published().year, kind->published().month, std::string(kind->name()));
  };
  std::sort(kinds.begin(), kinds.end(),
            [&](const BaselineKind* a, const BaselineKind* b) { return key(a) < key(b); });
  return kinds;
}

const BaselineKind* find_baseline(const std::string& name) {
  const auto kinds = baseline_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [&](const BaselineKind* kind) { return kind->name() == name; });
  return found == kinds.end() ? nullptr : *found;
}

}  // namespace bitbalance::baselines
