#include "testbench/explore/sweep/point/point_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <vector>

#include "base/file/file_fingerprint.h"
#include "base/file/fingerprint.h"
#include "quant/eval/images/npz_file.h"

namespace bitbalance::explore {
namespace {

/// They change a name in a report, or the time that the work takes.
constexpr std::array<const char*, 2> kWithoutEffect = {"name", "run.threads"};
/// Of the network's section: they do not reach the quantized network.
constexpr std::array<const char*, 6> kOfRunAlone = {"network.count",  "network.batch",
                                                    "network.labels", "network.class_names",
                                                    "network.texts",  "network.dictionary"};

template <class Names>
bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool begins_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

}  // namespace

std::uint64_t KeyMaker::contents_of(const std::filesystem::path& place) {
  const auto known = contents_.find(place);
  if (known != contents_.end()) return known->second;
  const bool is_array = eval::is_in_archive(place);
  std::uint64_t mark = fingerprint(is_array ? place.filename().string() : "");
  std::error_code ignored;
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(place, ignored)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(place))
      if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(is_array ? place.parent_path() : place);
  }
  for (const std::filesystem::path& file : files) {
    const std::string name = file.lexically_relative(place).string();  // of a file alone: "."
    mark = fingerprint(fmt::format("{}\n{:x}\n", name, fingerprint_of(file)), mark);
  }
  return contents_[place] = mark;
}

PointKey KeyMaker::key_of(const Scenario& scenario, const EffectiveSettings& settings) {
  const bool computes = computes_data(scenario.run.level);
  PointKey key;
  key.point = fingerprint(program_);
  key.network = fingerprint(computes ? "data" : "timing");
  for (const EffectiveSetting& setting : settings.settings) {
    if (contains(kWithoutEffect, setting.path)) continue;
    const std::string line =
        setting.path + "=" +
        (setting.is_file ? fmt::format("{:016x}", contents_of(setting.text)) : setting.text) + "\n";
    key.point = fingerprint(line, key.point);
    const bool is_of_network =
        begins_with(setting.path, "quantization.") ||
        (begins_with(setting.path, "network.") &&
         (computes || !scenario.network.synthetic() || !contains(kOfRunAlone, setting.path)));
    if (is_of_network) key.network = fingerprint(line, key.network);
  }
  return key;
}

}  // namespace bitbalance::explore
