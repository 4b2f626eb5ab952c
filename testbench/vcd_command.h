// `bitbalance check-vcd`: tells whether waveform files are well-formed, and what is in them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "testbench/vcd.h"

namespace bitbalance {

struct CheckVcdArguments {
  std::vector<std::string> files;
  bool list = false;  ///< also one line a signal
};

/// One line: file, number of signals, time range, number of changes. `list`: below it one line a signal.
std::string describe_vcd(const std::filesystem::path& file, const Vcd& vcd, bool list);

/// Prints what is in each file, in order. Throws std::invalid_argument "FILE:LINE: what was found: accepted:
/// ..." at the first that is broken.
void check_vcd_command(const CheckVcdArguments& arguments);

}  // namespace bitbalance
