#include "testbench/scenario/cache/network_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>

#include "base/file/fingerprint.h"
#include "base/text/outside_text.h"
#include "quant/eval/images/npz_file.h"
#include "quant/eval/images/picture_folder.h"
#include "testbench/scenario/settings/effective_settings.h"

namespace bitbalance::scenario {
namespace fs = std::filesystem;
namespace {

/// Of the layout of the files in the cache.
constexpr int kFormat = 1;

constexpr std::size_t kLargestFile = std::size_t{1} << 32;

/// What is run on the network, of its section.
constexpr std::array<const char*, 7> kOfRunAlone = {
    "network.images",      "network.count", "network.batch",      "network.labels",
    "network.class_names", "network.texts", "network.dictionary",
};

bool begins_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

/// Adds what a file or folder holds. False: that cannot be known.
bool add_contents(const fs::path& place, const fs::path& model, std::string& key) {
  for (const fs::path& file : files_of(place)) {
    if (fs::is_directory(file)) {
      key += fmt::format("{}: a folder\n", file.string());
      continue;
    }
    const std::optional<std::string> bytes = read_bytes(file, kLargestFile);
    if (!bytes) return false;
    // What a model's data in other files are named by.
    if (place == model && bytes->find("location") != std::string::npos) return false;
    key += fmt::format("{}: {} bytes, {:016x}, {:016x}\n", file.string(), bytes->size(),
                       word_fingerprint(*bytes), word_fingerprint(*bytes, 1));
  }
  return true;
}

}  // namespace

bool makes_network(const std::string& path) {
  if (begins_with(path, "quantization.")) return true;
  return begins_with(path, "network.") &&
         std::find(kOfRunAlone.begin(), kOfRunAlone.end(), path) == kOfRunAlone.end();
}

std::vector<fs::path> files_of(const fs::path& place) {
  if (eval::is_in_archive(place)) return {place.parent_path()};
  std::error_code ignored;
  if (!fs::is_directory(place, ignored)) return {place};
  return eval::picture_entries(place);
}

std::optional<std::string> network_key(const Scenario& scenario) {
  try {
    std::string key = fmt::format("bitbalance network {}\n", kFormat);
    // The program itself: another one may quantize in another way.
    if (!add_contents("/proc/self/exe", {}, key)) return {};
    for (const EffectiveSetting& setting : effective_settings(scenario).settings) {
      if (!makes_network(setting.path)) continue;
      key += fmt::format("{}={}\n", setting.path, one_line(setting.text));
      if (setting.is_file && !add_contents(setting.text, scenario.network.model, key)) return {};
    }
    return key;
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace bitbalance::scenario
