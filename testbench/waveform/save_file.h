// How GTKWave shows a waveform: a save file that opens on the signals that explain a layer, with all others
// in closed groups in the order that data flows, and the names of states.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "hw/rtl/signal_list.h"
#include "testbench/waveform/names.h"

namespace bitbalance::waveform {

class SaveFile {
 public:
  /// `dump`: the waveform, beside which its files lie. Keeps references.
  SaveFile(const std::filesystem::path& dump, const std::vector<rtl::SignalList::Signal>& signals)
      : dump_(dump), signals_(signals) {}

  /// Of the files that write() makes.
  std::vector<std::string> file_names() const;
  /// `title`: what the waveform shows. Times in picoseconds: its begin, and what 200 pixels show at first.
  void write(const std::string& title, std::uint64_t begin, double shown) const;

 private:
  std::filesystem::path save_file() const;
  std::vector<const rtl::SignalList::Signal*> state_kinds() const;
  std::string states_file(const rtl::SignalList::Signal& signal) const;
  std::string line_of(const rtl::SignalList::Signal& signal, const std::string& alias) const;
  void write_states() const;

  const std::filesystem::path& dump_;
  const std::vector<rtl::SignalList::Signal>& signals_;
};

}  // namespace bitbalance::waveform
