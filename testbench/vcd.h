// Reader and checker of value change dumps (IEEE 1364-2005, clause 18): the independent eye on the waveforms
// that the simulator writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace bitbalance {

struct VcdSignal {
  std::string name;  ///< scopes and name, dot-separated, without the simulator's top scope
  int width = 1;
  std::size_t id = 0;  ///< signals with the same id share their values
};

/// Value of a signal from a time on: as many characters of "01xz" as the signal is wide, most significant
/// first.
struct VcdChange {
  std::uint64_t time = 0;
  std::string value;
};

struct Vcd {
  std::uint64_t timescale_fs = 0;  ///< femtoseconds of one time unit
  std::uint64_t first_time = 0, last_time = 0;
  std::vector<VcdSignal> signals;
  std::vector<std::vector<VcdChange>> changes;  ///< by id, times ascending

  /// Throws std::out_of_range naming the signal when there is none of that name.
  const VcdSignal& signal(const std::string& name) const;
  /// Value at the end of `time`; empty before the first change.
  const std::string& value_at(const VcdSignal& signal, std::uint64_t time) const;
};

/// Throws std::runtime_error "FILE:LINE: what was found: what is accepted" for anything that is not a
/// well-formed dump: time that does not grow, an identifier that is not declared, a value wider than its
/// signal, scopes that do not close, a signal without a first value, a file that ends in the middle.
Vcd read_vcd(const std::filesystem::path& path);

/// A vector value as a number; x and z count as 0. `is_signed`: two's complement of its width.
std::int64_t vcd_number(const std::string& value, bool is_signed);

}  // namespace bitbalance
