#include "testbench/waveform/vcd_summary.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

#include "base/text/outside_text.h"

namespace bitbalance::waveform {
namespace {

/// "1 to 2150 ns", "404000 to 558750 ps": the dump's own times in the unit of its timescale.
std::string range_text(const Vcd& vcd) {
  static constexpr const char* kUnits[] = {"fs", "ps", "ns", "us", "ms", "s"};
  if (vcd.timescale_fs == 0) return fmt::format("{} to {}", vcd.first_time, vcd.last_time);
  std::uint64_t step = vcd.timescale_fs;
  std::size_t unit = 0;
  for (; step % 1000 == 0 && unit + 1 < std::size(kUnits); ++unit) step /= 1000;
  if (vcd.last_time > UINT64_MAX / step)
    return fmt::format("{} to {} x {} {}", vcd.first_time, vcd.last_time, step, kUnits[unit]);
  return fmt::format("{} to {} {}", vcd.first_time * step, vcd.last_time * step, kUnits[unit]);
}

/// After the first value of a signal.
std::uint64_t changes_of(const VcdHistory& history) {
  return history.changed == 0 ? 0 : history.changed - 1;
}

}  // namespace

std::string describe_vcd(const std::filesystem::path& file, const Vcd& vcd) {
  std::uint64_t changes = 0;
  for (const VcdHistory& history : vcd.histories) changes += changes_of(history);
  const std::string name = one_line(file.string());
  std::string text =
      fmt::format("{}: {} signals, {}, {} changes\n", name, vcd.signals.size(), range_text(vcd), changes);
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
