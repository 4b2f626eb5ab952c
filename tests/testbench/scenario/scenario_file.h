// A scenario of a few lines, written for a test, and what it is refused for.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "testbench/scenario/scenario.h"
#include "testbench/scenario/settings/settings.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {

/// A scenario whose files exist; `rest` follows the network section from line 6 on.
struct ScenarioFile {
  TemporaryFolder folder;

  explicit ScenarioFile(const std::string& rest) {
    folder.write("net.onnx", "");
    folder.write("images.idx", "");
    folder.write("s.yaml",
                 "network:\n"
                 "  model: net.onnx\n"
                 "  images: images.idx\n"
                 "  calibration_images: images.idx\n"
                 "  batch: 4\n" +
                     rest);
  }
  Scenario load(const std::vector<std::string>& settings = {}) const {
    std::vector<SettingOverride> overrides;
    for (const std::string& setting : settings) overrides.push_back({setting, ""});
    return load_scenario(folder.path() / "s.yaml", overrides);
  }
  /// The error's text, with the folder's name taken out.
  std::string error(const std::vector<std::string>& overrides = {}) const {
    try {
      load(overrides);
    } catch (const SettingsError& error) {
      std::string text = error.what();
      const std::string prefix = folder.path().string() + "/";
      for (std::size_t at = 0; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
      CHECK(text.find('\n') == std::string::npos);
      return text;
    }
    return "no error";
  }
};

}  // namespace bitbalance::test
