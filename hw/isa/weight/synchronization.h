// How the rows of the PE array agree on the end of a step: one row of a table for each way. Encoders,
// statistics of the weights and the mapper take the slots of a step from it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "hw/isa/names.h"

namespace bitbalance::isa {

enum class Synchronization : std::uint8_t { kBalanced, kGroupMax, kTileMax };

struct SynchronizationRule {
  Synchronization synchronization;
  const char* name;
  /// Slots of a step in which the busiest row has `tokens` tokens, of which each row performs `limit` at
  /// most: 1 to limit, and no fewer for more tokens.
  int (*slots)(int tokens, int limit);
  /// Whether each tile has a limit of its own, which its streams bring (row_stream.h); otherwise it is nnzb.
  bool tile_has_limit;

  /// Of a tile whose weights have `tokens` tokens at most.
  int limit(int tokens, int nnzb) const { return tile_has_limit ? std::clamp(tokens, 1, nnzb) : nnzb; }
  /// For whoever finds the tokens one by one: whether the slot was the step's last, `performed` slots of it
  /// being done and a row having tokens left or not.
  bool ends(int performed, bool tokens_left, int limit) const {
    return slots(tokens_left ? performed + 1 : performed, limit) == performed;
  }
  /// For the mapper, which looks at no weight: slots of a step whose busiest row has all `nnzb` tokens.
  int most_slots(int nnzb) const { return slots(nnzb, nnzb); }
};

const std::vector<SynchronizationRule>& synchronization_rules();
const SynchronizationRule& rule_of(Synchronization synchronization);

const char* to_string(Synchronization value);

}  // namespace bitbalance::isa
