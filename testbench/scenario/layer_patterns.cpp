#include "testbench/scenario/layer_patterns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text/name_pattern.h"
#include "base/text/nearest_word.h"
#include "base/text/split.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::scenario {
namespace {

/// "did you mean ...?" or, with no name near, all that there are.
std::string layer_hint(const std::string& name, const std::vector<std::string>& layers) {
  if (layers.empty()) return "accepted: not given, as all layers run on the host";
  if (const auto nearest = nearest_word(name, layers)) return fmt::format("did you mean '{}'?", *nearest);
  return fmt::format("accepted: {}", fmt::join(layers, ", "));
}

bool contains(const std::vector<std::string>& layers, const std::string& name) {
  return std::find(layers.begin(), layers.end(), name) != layers.end();
}

/// The list's entries: as many parts together as make a layer's name, else one.
std::vector<std::string> entries(const std::string& list, const std::vector<std::string>& layers) {
  const std::vector<std::string> parts = split(list, ',');
  std::vector<std::string> result;
  for (std::size_t first = 0; first < parts.size();) {
    std::size_t end = parts.size();
    std::string entry;
    for (; end > first; --end) {
      entry = fmt::format("{}", fmt::join(parts.begin() + static_cast<std::ptrdiff_t>(first),
                                          parts.begin() + static_cast<std::ptrdiff_t>(end), ","));
      if (end == first + 1 || contains(layers, entry)) break;
    }
    result.push_back(entry);
    first = end;
  }
  return result;
}

}  // namespace

std::vector<std::string> matching_layers(const std::string& where, const std::string& list,
                                         const std::vector<std::string>& layers) {
  if (list.empty()) return {};
  std::vector<bool> chosen(layers.size());
  for (const std::string& entry : entries(list, layers)) {
    const std::vector<std::size_t> places = named(entry, layers);
    if (places.empty()) {
      throw SettingsError(fmt::format("{}: no layer of the accelerator is called '{}'; {}", where, entry,
                                      layer_hint(entry, layers)));
    }
    for (const std::size_t place : places) chosen[place] = true;
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (chosen[i]) names.push_back(layers[i]);
  return names;
}

TracedLayer traced_layer(const std::string& text, const std::vector<std::string>& layers) {
  TracedLayer traced{text, text, ""};
  const std::size_t colon = text.rfind(':');
  if (!contains(layers, text) && colon != std::string::npos && colon + 1 < text.size() &&
      (text.find_first_not_of("0123456789-", colon + 1) == std::string::npos ||
       text.substr(colon) == ":all")) {
    traced = {text, text.substr(0, colon), text.substr(colon + 1)};
  }
  const std::vector<std::size_t> places = named(traced.layer, layers);
  if (places.empty()) {
    throw SettingsError(fmt::format("--trace {}: no layer is called '{}'; {}", text, traced.layer,
                                    layer_hint(traced.layer, layers)));
  }
  if (places.size() > 1) {
    throw SettingsError(fmt::format("--trace {}: {} layers match '{}'; accepted: one layer", text,
                                    places.size(), traced.layer));
  }
  traced.layer = layers[places.front()];
  return traced;
}

}  // namespace bitbalance::scenario
