#include "testbench/layer_patterns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <sstream>

#include "testbench/nearest_word.h"
#include "testbench/settings.h"

namespace bitbalance {

std::vector<std::string> matching_layers(const std::string& option, const std::string& patterns,
                                         const std::vector<std::string>& layers) {
  std::vector<bool> chosen(layers.size());
  std::istringstream stream(patterns);
  for (std::string pattern; std::getline(stream, pattern, ',');) {
    bool found = false;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (fnmatch(pattern.c_str(), layers[i].c_str(), 0) != 0) continue;
      chosen[i] = found = true;
    }
    if (!found) {
      throw SettingsError(fmt::format("{}: no layer of the accelerator is called '{}'; {}", option, pattern,
                                      layer_hint(pattern, layers)));
    }
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (chosen[i]) names.push_back(layers[i]);
  return names;
}

std::string layer_hint(const std::string& name, const std::vector<std::string>& layers) {
  if (const auto nearest = nearest_word(name, layers)) return fmt::format("did you mean '{}'?", *nearest);
  return fmt::format("accepted: {}", fmt::join(layers, ", "));
}

}  // namespace bitbalance
