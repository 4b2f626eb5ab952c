// What `bitbalance-platform` is told on its command line.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/names.h"

namespace bitbalance::cli {

struct PlatformArguments {
  std::string scenario;               ///< empty: `program`
  std::string program;                ///< folder of a program on disk
  std::vector<std::string> settings;  ///< "path.to.key=value"
  std::string images;                 ///< empty: not given
  std::string platform;               ///< file of its accelerators; empty: `accelerators` equal ones
  std::string level;                  ///< of those; empty: not given
  std::optional<int> accelerators;    ///< nothing: not given
  std::string wait = "interrupt";
  std::string firmware = BITBALANCE_FIRMWARE;
  std::string uart, waves, transactions, initiator, target;  ///< empty: not given
  double quantum_ns = 10'000;
  bool no_dmi = false;
  double timeout_ms = 1000;
  std::uint32_t spin = 0;
  std::string exercise;  ///< empty: none
  int gdb = -1;          ///< port; -1: not given
};

/// A user's mistake in the value of an option.
[[noreturn]] inline void refuse(const char* option, const std::string& value, const std::string& accepted) {
  throw std::invalid_argument(std::string(option) + ": '" + value + "'; accepted: " + accepted);
}

}  // namespace bitbalance::cli
