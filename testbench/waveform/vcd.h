// Reader and checker of value change dumps (IEEE 1364-2005, clause 18): the independent eye on the waveforms
// that the simulator writes, and on anybody's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "testbench/waveform/names.h"

namespace bitbalance::waveform {

struct VcdScope {
  std::string name;
  int outer = -1;  ///< index of the scope around it; -1: none
};

struct VcdSignal {
  std::string name;  ///< without its scopes
  int scope = -1;    ///< index into Vcd::scopes; -1: outside of all
  std::int64_t width = 1;
  bool is_real = false;
  std::size_t id = 0;  ///< signals with the same id share their values
};

/// Value of a signal from a time on, as the file has it: characters of "01xz" or of std_logic, most
/// significant first and not always all of them, or the text of a number.
struct VcdChange {
  std::uint64_t time = 0;
  std::string value;
};

struct VcdHistory {
  std::uint64_t times = 0;         ///< at which it gets a value; the last of several at one time counts
  std::uint64_t changed = 0;       ///< those of them at which it is not as before; the first is one
  std::vector<VcdChange> changes;  ///< times ascending; empty unless they were asked for
};

/// Something that the format leaves open, but that this reader or others may not expect.
struct VcdNote {
  std::int64_t line = 0;    ///< of the first
  std::int64_t places = 0;  ///< how often
  std::string example;      ///< what the first is about, where the line does not tell
};

struct Vcd {
  std::uint64_t timescale_fs = 0;  ///< femtoseconds of one time unit; 0: not told
  std::uint64_t first_time = 0, last_time = 0;
  std::vector<VcdScope> scopes;
  std::vector<VcdSignal> signals;
  std::vector<VcdHistory> histories;     ///< by id
  std::map<std::string, VcdNote> notes;  ///< by what is noted

  /// Scopes and name, dot-separated, without the outermost scope, which names the simulator or its bench.
  std::string full_name(const VcdSignal& signal) const;
  /// Throws std::out_of_range naming the signal when there is none of that full name.
  const VcdSignal& signal(const std::string& name) const;
  /// For tests: value at the end of `time`, of as many characters as the signal is wide; empty before the
  /// first change. Precondition: the changes were asked for.
  std::string value_at(const VcdSignal& signal, std::uint64_t time) const;
};

enum class VcdChanges { kKept, kCounted };

/// Throws std::invalid_argument "FILE:LINE: what was found: accepted: what is accepted" for a file that
/// breaks the format: time that runs backwards, an identifier that is not declared, a value that its signal
/// cannot have, a file that ends in the middle. With `kCounted` it takes no more memory than the declarations
/// do.
Vcd read_vcd(const std::filesystem::path& path, VcdChanges changes = VcdChanges::kKept);

/// For tests: a vector value as a number; x and z count as 0, and so does no value. `is_signed`: two's
/// complement of its width.
std::int64_t vcd_number(const std::string& value, bool is_signed);

}  // namespace bitbalance::waveform
