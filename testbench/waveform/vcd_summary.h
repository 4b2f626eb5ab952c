// What is in a waveform file, in words: what `bitbalance check-vcd` prints.
#pragma once

#include <filesystem>
#include <string>

#include "testbench/waveform/vcd.h"

namespace bitbalance::waveform {

/// One line with file, number of signals, time range in the unit of its timescale and number of changes, and
/// one for each kind of note.
std::string describe_vcd(const std::filesystem::path& file, const Vcd& vcd);
/// One line: width, number of changes, full name.
std::string describe_vcd_signal(const Vcd& vcd, const VcdSignal& signal);

}  // namespace bitbalance::waveform
