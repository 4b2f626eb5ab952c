// The commented file that `bitbalance init` writes.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "testbench/scenario/scenario.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

/// "accelerator.dram.burst_bytes" of every key of a scenario, comments ("# " at the front of a line)
/// included.
std::set<std::string> keys_of(const std::string& yaml) {
  std::set<std::string> keys;
  std::vector<std::string> open;
  std::istringstream lines(yaml);
  static const std::regex kLine(R"(^(?:# )?( *)(- )?([A-Za-z_0-9]+):.*)");
  for (std::string line; std::getline(lines, line);) {
    std::smatch parts;
    if (!std::regex_match(line, parts, kLine)) continue;
    open.resize(static_cast<std::size_t>(parts[1].length() + parts[2].length()) / 2);
    open.push_back(parts[3]);
    std::string path;
    for (const std::string& key : open) path += "." + key;
    keys.insert(path);
  }
  return keys;
}

TEST_CASE("a guide to a scenario is read as the same scenario, and has every key that any other can have") {
  const TemporaryFolder folder;
  const auto model = folder.write("a model: #1.onnx", "");
  for (const std::vector<std::string>& settings :
       {std::vector<std::string>{},
        {"accelerator.rows=7", "network.input_shape=[1, 2, 3]", "run.level=tlm"},
        {"quantization.layers=[{pattern: conv1, nnzb: 2}, {pattern: fc}]"},
        {"network.fixed_inputs=[{input: rate, values: 16000}, {input: state, values: [0.5, -1]}]"}}) {
    std::vector<SettingOverride> overrides;
    for (const std::string& setting : settings) overrides.push_back({setting, ""});
    const Scenario scenario = load_scenario(model, overrides);
    const std::string guide = to_guide(scenario, folder.path() / "deeper");
    fs::create_directory(folder.path() / "deeper");
    const auto file = folder.write("deeper/guide.yaml", guide);
    CHECK(to_yaml(load_scenario(file)) == to_yaml(scenario));
    fs::remove_all(folder.path() / "deeper");

    const std::set<std::string> keys = keys_of(guide);
    const fs::path scenarios = fs::path(BITBALANCE_SOURCE_DIR) / "scenarios";
    for (const char* const other : {"fashion.yaml", "vgg16.yaml"}) {
      const Scenario full =
          load_scenario(scenarios / other, {{"memory=" + (scenarios / "memory/ddr4-2400.yaml").string(), ""},
                                            {"mapping.layers=[{layer: conv1}]", ""}});
      for (const std::string& key : keys_of(to_yaml(full))) {
        CAPTURE(key);
        CHECK(keys.count(key) == 1);
      }
    }
    std::istringstream lines(guide);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(line.find("  # ") != std::string::npos);
      if (line.rfind("#", 0) != 0) CHECK(line.find("a whole number") == std::string::npos);
    }
  }
}

TEST_CASE("the guide has every key of the tables of docs/scenarios.md") {
  const TemporaryFolder folder;
  const fs::path model = folder.write("net.onnx", "");
  const std::set<std::string> keys = keys_of(to_guide(load_scenario(model), folder.path()));
  std::ifstream page(fs::path(BITBALANCE_SOURCE_DIR) / "docs/scenarios.md");
  static const std::regex kKey("`([a-z_]+)`");
  int found = 0;
  for (std::string line; std::getline(page, line);) {
    const std::string cell = line.substr(0, line.find('|', 1));
    if (cell.rfind("| `", 0) != 0) continue;
    for (std::sregex_iterator key(cell.begin(), cell.end(), kKey), end; key != end; ++key, ++found) {
      const std::string name = "." + (*key)[1].str();
      CAPTURE(name);
      CHECK(std::any_of(keys.begin(), keys.end(), [&](const std::string& path) {
        return path.size() >= name.size() && path.compare(path.size() - name.size(), name.size(), name) == 0;
      }));
    }
  }
  CHECK(found > 15);
}

TEST_CASE("the lines of a guide can be edited one by one") {
  const TemporaryFolder folder;
  const auto model = folder.write("net.onnx", "");
  folder.write("images.idx", "");
  const std::string guide = to_guide(load_scenario(model), folder.path());
  /// Without "# " ahead of these keys, with these values.
  const auto edited = [&](const std::vector<std::pair<std::string, std::string>>& edits) {
    std::string text = guide;
    for (const auto& [key, value] : edits) {
      const std::regex line("(^|\n)(?:# )?(  " + key + ": )[^ ]+");
      REQUIRE(std::regex_search(text, line));
      text = std::regex_replace(text, line, "$1$02" + value, std::regex_constants::format_first_only);
    }
    return load_scenario(folder.write("edited.yaml", text));
  };
  const Scenario with_images = edited(
      {{"images", "images.idx"}, {"calibration_images", "images.idx"}, {"pixel_mean", "[0.5,0.25,0.125]"}});
  CHECK(with_images.network.images == folder.path() / "images.idx");
  CHECK(with_images.network.pixels.mean == std::vector<double>{0.5, 0.25, 0.125});
  CHECK(edited({{"image_seed", "7"}}).network.image_seed == 7);
  CHECK(edited({{"latency_cycles", "9"}}).memory.latency_cycles == 9);
  // What holds is told where it is no default.
  CHECK_THAT(to_guide(load_scenario(model, {{"network.image_seed=5", ""}}), folder.path()),
             Contains("\n  image_seed: 5 "));
}

}  // namespace
}  // namespace bitbalance::test
