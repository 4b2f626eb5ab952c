// What a settings file is free to name: lists of texts, and sections of any keys.
#include <fmt/format.h>

#include "testbench/scenario/settings/settings_reader.h"

namespace bitbalance::scenario {

void SettingsReader::texts(const Setting& setting, std::vector<PlacedText>& values) {
  each(setting, [&](const Source& source) {
    const auto read = [&](const YAML::Node& node) {
      if (!node.IsScalar() || node.Scalar().empty()) refuse(setting, form_of(node), "a list of texts");
      values.push_back({node.Scalar(), place_of(source, node).of(path_of(setting.key))});
    };
    values.clear();
    if (!source.node.IsSequence()) return read(source.node);
    for (const YAML::Node& element : source.node) read(element);
  });
}

void SettingsReader::free_keys(std::vector<FreeKey>& keys) {
  constexpr const char* kAccepted = "a value, a list of values, or a range as a mapping";
  for (const Source& source : frame().sources) {
    for (const auto& entry : source.node) {
      FreeKey key;
      key.key = entry.first.IsScalar() ? entry.first.Scalar() : form_of(entry.first);
      const std::string path = path_of(key.key);
      const Place place = place_of(source, entry.first);
      key.place = place.of(path);
      key.file = source.file;
      if (key.key == "include" || places_.count(path) != 0) continue;
      frame().shown.push_back(key.key);
      places_[path] = place;
      const auto text_of = [&](const YAML::Node& node) {
        if (!node.IsScalar() || node.Scalar().empty())
          refuse({key.key.c_str(), ""}, form_of(node), kAccepted);
        return node.Scalar();
      };
      if (entry.second.IsMap()) {
        for (const auto& field : entry.second) key.fields[text_of(field.first)] = text_of(field.second);
      } else if (entry.second.IsSequence()) {
        for (const YAML::Node& element : entry.second) key.values.push_back(text_of(element));
      } else {
        key.values.push_back(text_of(entry.second));
      }
      if (key.values.empty() && key.fields.empty()) refuse({key.key.c_str(), ""}, "no value", kAccepted);
      keys.push_back(std::move(key));
    }
  }
}

}  // namespace bitbalance::scenario
