#include "testbench/vcd_command.h"

#include <fmt/format.h>

#include <stdexcept>

namespace bitbalance {
namespace {

/// A time in the largest unit that keeps it whole: "1677 ns".
std::string time_text(std::uint64_t time, std::uint64_t timescale_fs) {
  static constexpr const char* kUnits[] = {"fs", "ps", "ns", "us", "ms", "s"};
  std::uint64_t value = time * timescale_fs;
  std::size_t unit = 0;
  while (value != 0 && value % 1000 == 0 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{} {}", value, value == 0 ? "s" : kUnits[unit]);
}

/// Changes behind the first value of each signal.
std::size_t changes_of(const std::vector<VcdChange>& history) {
  return history.size() - 1;
}

}  // namespace

std::string describe_vcd(const std::filesystem::path& file, const Vcd& vcd, bool list) {
  std::size_t changes = 0;
  for (const auto& history : vcd.changes) changes += changes_of(history);
  std::string text = fmt::format("{}: {} signals, {} to {}, {} changes\n", file.string(), vcd.signals.size(),
                                 time_text(vcd.first_time, vcd.timescale_fs),
                                 time_text(vcd.last_time, vcd.timescale_fs), changes);
  if (!list) return text;
  for (const VcdSignal& signal : vcd.signals) {
    text += fmt::format("{:>4} bits {:>7} changes  {}\n", signal.width, changes_of(vcd.changes[signal.id]),
                        signal.name);
  }
  return text;
}

void check_vcd_command(const CheckVcdArguments& arguments) {
  for (const std::string& file : arguments.files) {
    try {
      fmt::print("{}", describe_vcd(file, read_vcd(file), arguments.list));
    } catch (const std::runtime_error& broken) {
      throw std::invalid_argument(broken.what());
    }
  }
}

}  // namespace bitbalance
