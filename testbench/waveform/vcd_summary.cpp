#include "testbench/waveform/vcd_summary.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

#include "base/text/outside_text.h"

namespace bitbalance::waveform {
namespace {

/// A time in the largest unit that keeps it whole: "1677 ns".
std::string time_text(std::uint64_t time, std::uint64_t timescale_fs) {
  static constexpr const char* kUnits[] = {"fs", "ps", "ns", "us", "ms", "s"};
  if (timescale_fs == 0) return fmt::format("{}", time);
  if (time > UINT64_MAX / timescale_fs) return fmt::format("{} x {}", time, time_text(1, timescale_fs));
  std::uint64_t value = time * timescale_fs;
  std::size_t unit = 0;
  while (value != 0 && value % 1000 == 0 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{} {}", value, value == 0 ? "s" : kUnits[unit]);
}

/// Changes after the first value of a signal.
std::uint64_t changes_of(const VcdHistory& history) {
  return history.times == 0 ? 0 : history.times - 1;
}

}  // namespace

std::string describe_vcd(const std::filesystem::path& file, const Vcd& vcd) {
  std::uint64_t changes = 0;
  for (const VcdHistory& history : vcd.histories) changes += changes_of(history);
  const std::string name = one_line(file.string());
  std::string text = fmt::format("{}: {} signals, {} to {}, {} changes\n", name, vcd.signals.size(),
                                 time_text(vcd.first_time, vcd.timescale_fs),
                                 time_text(vcd.last_time, vcd.timescale_fs), changes);
  for (const auto& [what, note] : vcd.notes) {
    text += fmt::format("{}:{}: note: {}", name, note.line, what);
    if (!note.example.empty()) text += ": " + one_line(note.example);
    if (note.places > 1) text += fmt::format(" ({} times)", note.places);
    text += "\n";
  }
  return text;
}

std::string describe_vcd_signal(const Vcd& vcd, const VcdSignal& signal) {
  return fmt::format("{:>4} bits {:>7} changes  {}\n", signal.width, changes_of(vcd.histories[signal.id]),
                     one_line(vcd.full_name(signal)));
}

}  // namespace bitbalance::waveform
