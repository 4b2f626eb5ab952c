// Layers as a user names them: names and patterns (base/text/name_pattern.h).
#pragma once

#include <string>
#include <vector>

#include "testbench/scenario/names.h"

namespace bitbalance::scenario {

/// Those of `layers` that the names and patterns of the list mean, in their order. Commas separate; a name
/// that holds commas itself is taken whole where it stands in the list, the longest first. Empty for an empty
/// list. Throws SettingsError that begins with `where` for one that means none.
std::vector<std::string> matching_layers(const std::string& where, const std::string& list,
                                         const std::vector<std::string>& layers);

/// What LAYER[:first[-last]] or LAYER:all asks for.
struct TracedLayer {
  std::string text;  ///< as it was given
  std::string layer;
  std::string tiles;  ///< "first[-last]" or "all"; empty: not told
};
/// A layer that is called like the whole text comes first; else the last colon ahead of digits or "all"
/// separates. Throws SettingsError unless exactly one of `layers` is meant.
TracedLayer traced_layer(const std::string& text, const std::vector<std::string>& layers);

}  // namespace bitbalance::scenario
