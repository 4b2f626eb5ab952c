// What tests of the command have in common: LeNet with two images.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/support/command_child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {

inline const std::filesystem::path kScenarios = std::filesystem::path(BITBALANCE_SOURCE_DIR) / "scenarios";

inline std::string lenet() {
  return "run " + (kScenarios / "lenet.yaml").string() + " --images 2 ";
}

/// Runs LeNet with these arguments, checks that it is refused as a user's mistake, and returns the line.
inline std::string refusal(const std::string& arguments) {
  const TemporaryFolder folder;
  const CommandEnd outcome =
      bitbalance_command(lenet() + "--out " + (folder.path() / "out").string() + " " + arguments);
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK(folder.entries() == 0);
  return outcome.err;
}

inline std::string set(const std::string& setting) {
  return refusal("--set '" + setting + "'");
}

}  // namespace bitbalance::test
