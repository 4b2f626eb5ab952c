#include "testbench/scenario/cache/network_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <vector>

#include "base/file/fingerprint.h"
#include "base/text/outside_text.h"
#include "quant/eval/images/npz_file.h"

namespace bitbalance::scenario {
namespace fs = std::filesystem;
namespace {

/// Of the layout of the files in the cache.
constexpr int kFormat = 1;

constexpr std::size_t kLargestFile = std::size_t{1} << 32;

/// The scenario with its defaults, but for what decides about the network.
Scenario what_counts(const Scenario& scenario) {
  const NetworkSettings& from = scenario.network;
  Scenario counts;
  NetworkSettings& network = counts.network;
  network.builtin = from.builtin;
  network.zoo = from.zoo;
  network.model = from.model;
  network.outputs = from.outputs;
  if (!from.synthetic()) network.images = "given";  // pixels count, and are shown, with images alone
  network.image_seed = from.image_seed;
  network.layout = from.layout;
  network.raw = from.raw;
  network.resize = from.resize;
  network.calibration_images = from.calibration_images;
  network.input_shape = from.input_shape;
  network.pixels = from.pixels;
  counts.quantization = scenario.quantization;
  counts.accelerator.token_form = scenario.accelerator.token_form;
  return counts;
}

/// Adds what a file holds, an array of an archive, or all files of a folder. False: that cannot be known.
bool add_contents(const fs::path& place, const fs::path& model, std::string& key) {
  const bool is_array = eval::is_in_archive(place);
  if (is_array) key += fmt::format("{}\n", place.filename().string());
  std::vector<fs::path> files = {is_array ? place.parent_path() : place};
  if (fs::is_directory(place)) {
    files.clear();
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(place))
      if (!entry.is_directory()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
  }
  for (const fs::path& file : files) {
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

std::optional<std::string> network_key(const Scenario& scenario) {
  try {
    const Scenario counts = what_counts(scenario);
    std::string key = fmt::format("bitbalance network {}\n{}", kFormat, to_yaml(counts));
    // The program itself: another one may quantize in another way.
    if (!add_contents("/proc/self/exe", {}, key)) return {};
    const fs::path& model = counts.network.model;
    for (const fs::path& place : {model, counts.network.calibration_images})
      if (!place.empty() && !add_contents(place, model, key)) return {};
    return key;
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace bitbalance::scenario
