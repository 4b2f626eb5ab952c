#include "hw/isa/weight/synchronization.h"

#include "base/text/enum_index.h"

namespace bitbalance::isa {
namespace {

/// The paper's: every step takes as many slots as any of its tile could.
int as_many_as_any(int /*tokens*/, int limit) {
  return limit;
}

/// Ours: a step ends when no row has a token left.
int as_many_as_needed(int tokens, int limit) {
  return std::clamp(tokens, 1, limit);
}

}  // namespace

const std::vector<SynchronizationRule>& synchronization_rules() {
  static const std::vector<SynchronizationRule> rules = {
      {Synchronization::kBalanced, "balanced", as_many_as_any, false},
      {Synchronization::kGroupMax, "group_max", as_many_as_needed, false},
      {Synchronization::kTileMax, "tile_max", as_many_as_any, true},
  };
  return rules;
}

const SynchronizationRule& rule_of(Synchronization synchronization) {
  return synchronization_rules()[enum_index(synchronization)];
}

const char* to_string(Synchronization value) {
  return rule_of(value).name;
}

}  // namespace bitbalance::isa
