// Waveform windows: a VCD file of chosen tiles of a layer and chosen signals, with a GTKWave save file that
// groups them in the order that data flows. Outside its window a run pays one comparison a tile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "hw/rtl/signal_list.h"
#include "testbench/scenario/layer_patterns.h"
#include "testbench/waveform/vcd_file.h"

namespace bitbalance::waveform {

/// What `--trace LAYER[:first[-last]]` and each `--signals NAME` ask for.
struct WaveformRequest {
  std::string layer;
  std::uint32_t first_tile = 0;
  std::uint32_t last_tile = 0;
  /// Names, or patterns of them in which * also matches dots; none: all but the registers of single PEs and
  /// lanes.
  std::vector<std::string> signals;
};

/// A layer of `program`: its tile 3, tiles 3-7 or, without any given, all. Throws std::invalid_argument
/// naming tiles that the layer does not have, and what it has.
WaveformRequest waveform_request(const TracedLayer& traced, const std::vector<std::string>& signals,
                                 const Program& program, const AcceleratorConfig& config);

/// Writes `<folder>/<layer>.vcd`, `.gtkw` and, for each kind of state among the signals, its names
/// (`<layer>.states0`...) the first time the tiles run: from the edge of the first slot of the first tile to
/// the edge at which the last beat of the last tile leaves the shadow registers.
class WaveformWindow : public sc_core::sc_module, public rtl::TileObserver {
 public:
  /// Throws std::invalid_argument when no signal matches. `clock`: traced as "clk" ahead of all others.
  WaveformWindow(const sc_core::sc_module_name& name, const WaveformRequest& request, const Program& program,
                 const rtl::SignalList& signals, const sc_core::sc_signal_in_if<bool>& clock,
                 const sc_core::sc_time& period, const std::filesystem::path& folder);
  ~WaveformWindow() override;

  void tile_begins(int layer, std::uint32_t tile) override;
  void tile_drained(int layer, std::uint32_t tile) override;

  /// Throws std::runtime_error when a file of the window could not be written.
  void check() const;
  /// After the simulation: ends a window that is still open, and checks.
  void finish();
  bool written() const { return state_ == State::kClosed; }
  const std::filesystem::path& path() const { return path_; }
  /// What it writes into the folder.
  std::vector<std::string> file_names() const;

 private:
  enum class State { kWaiting, kOpen, kClosed };
  void open();
  void close();
  template <typename Step>
  void note_failure(const Step& step);
  void write_save_file() const;
  void write_states() const;
  std::vector<const rtl::SignalList::Signal*> state_kinds() const;
  std::string states_file(const rtl::SignalList::Signal& signal) const;

  WaveformRequest request_;
  int layer_ = -1;
  std::vector<rtl::SignalList::Signal> signals_;  ///< those that match
  const sc_core::sc_signal_in_if<bool>& clock_;
  sc_core::sc_time period_;
  std::filesystem::path path_;
  State state_ = State::kWaiting;
  std::unique_ptr<VcdFile> file_;  ///< while the window is open
  std::string failure_;
  sc_core::sc_time first_time_;
  sc_core::sc_event last_edge_;
};

}  // namespace bitbalance::waveform
