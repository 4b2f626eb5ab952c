// Every effective setting of a scenario as "path.to.key" and text: what a design point is told apart by, and
// what a constraint between keys can name.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "testbench/scenario/scenario.h"

namespace bitbalance::scenario {

struct EffectiveSetting {
  std::string path;      ///< "accelerator.rows", "quantization.layers[0].nnzb"
  std::string text;      ///< as a scenario would have it, not quoted; of a file its absolute name
  bool is_file = false;  ///< or a folder: what is in it counts
};

struct EffectiveSettings {
  std::vector<EffectiveSetting> settings;  ///< those that have a use and a value, in the order of a scenario
  std::set<std::string> words;             ///< all that a choice among them could be

  /// nullptr: none of that path.
  const EffectiveSetting* find(const std::string& path) const;
};

EffectiveSettings effective_settings(const Scenario& scenario);

}  // namespace bitbalance::scenario
