// `bitbalance check-vcd`: tells whether waveform files are well-formed, and what is in them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "testbench/waveform/vcd.h"

namespace bitbalance {

struct CheckVcdArguments {
  std::vector<std::string> files;
  bool list = false;  ///< also one line a signal
};

/// One line with file, number of signals, time range and number of changes, and one for each kind of note.
std::string describe_vcd(const std::filesystem::path& file, const Vcd& vcd);
/// One line: width, number of changes, full name.
std::string describe_vcd_signal(const Vcd& vcd, const VcdSignal& signal);

/// Prints what is in each file, in order. Throws as read_vcd() does at the first that is broken.
void check_vcd_command(const CheckVcdArguments& arguments);

}  // namespace bitbalance
