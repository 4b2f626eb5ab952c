// Waveform windows: a dump (VCD or FST) of a part of a run and of chosen signals, with a save file for
// GTKWave. Outside its window a run pays for a few calls per tile and command.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "hw/isa/account/execution_observer.h"
#include "hw/rtl/accelerator.h"
#include "hw/rtl/signal_list.h"
#include "testbench/waveform/power_meter.h"
#include "testbench/waveform/save_file.h"
#include "testbench/waveform/vcd_file.h"
#include "testbench/waveform/window_request.h"

namespace bitbalance::waveform {

enum class DumpFormat : std::uint8_t { kVcd, kFst };

/// What windows are of.
struct WaveformSource {
  const rtl::Accelerator& accelerator;
  const sc_core::sc_signal_in_if<bool>& clock;
  sc_core::sc_time period;
  const PowerMeter* power =
      nullptr;  ///< nullptr: no signals of power; else told of programs ahead of windows
};

/// Writes `<stem>.vcd` or `.fst`, `<stem>.gtkw` and, for each kind of state among the signals, its names
/// (`<stem>.states0`...), once: the first time that what is asked for happens. Besides the accelerator's
/// signals a window has `clk`, `cycle` (of the run, as its timeline counts), `controller.compute.cause` (what
/// the compute engine does in the cycle, waits told apart) and, with a power meter, `power.core_w` and
/// `power.dram_w` (since the value before) and `power.core_j` and `power.dram_j` (up to the cycle), each at
/// multiples of so many cycles, at the begin and the end of the window and of programs.
class WaveformWindow : public sc_core::sc_module, public ExecutionObserver {
 public:
  /// Throws std::invalid_argument when no signal matches, or vcd2fst is missing.
  WaveformWindow(const sc_core::sc_module_name& name, const WindowRequest& request,
                 const WaveformSource& source, DumpFormat format, const std::filesystem::path& stem);
  ~WaveformWindow() override;

  void program_started(Edge edge) override;
  void program_ended(Edge edge) override;
  void command_issued(Engine engine, const Command& command, Edge edge) override;
  void command_completed(Engine engine, const Command& command, Edge edge) override;
  void tile_begins(int layer, std::uint32_t tile, Edge edge) override;
  void tile_drained(int layer, std::uint32_t tile, Edge edge) override;

  /// Throws std::runtime_error when a file of the window could not be written.
  void check() const;
  /// After the simulation: ends a window that is still open, and checks.
  void finish();
  /// After that: what of the window the file lacks, and why. Empty: nothing.
  std::string missing() const;
  const WindowRequest& request() const { return request_; }
  const std::filesystem::path& path() const { return path_; }
  /// What it writes into the folder.
  std::vector<std::string> file_names() const;

 private:
  enum class State { kWaiting, kOpen, kClosed };
  void add_own_signals();
  void come_to_first_edge();
  void open();
  void close();
  void close_after_this_edge() { last_edge_.notify(0.75 * source_.period); }
  void plan_cycles();
  void refresh_cycle();
  void refresh();
  void sample_power();
  /// Of the run so far, those at other levels left out.
  std::int64_t clocked_cycle() const { return static_cast<std::int64_t>(cycle_) - unclocked_cycles_; }
  void write_save_file() const;
  template <typename Step>
  void note_failure(const Step& step);

  const WindowRequest request_;
  const WaveformSource source_;
  const DumpFormat format_;
  std::filesystem::path path_;
  std::vector<rtl::SignalList::Signal> signals_;  ///< those that match
  SaveFile save_file_{path_, signals_};
  State state_ = State::kWaiting;
  std::unique_ptr<VcdFile> file_;  ///< while the window is open
  std::string failure_;
  sc_core::sc_time first_time_;
  sc_core::sc_event first_edge_, last_edge_;

  bool running_ = false;                           ///< a program of this accelerator
  sc_core::sc_time program_start_;                 ///< of the last one
  Edge program_begin_ = 0;                         ///< the same for a program at any level
  std::int64_t cycles_ = 0;                        ///< of the programs before
  std::int64_t unclocked_cycles_ = 0;              ///< of those at other levels
  int deltas_ = 0;                                 ///< since the time of the first edge
  std::int64_t first_cycle_ = 0, last_cycle_ = 0;  ///< in the file
  // Own signals.
  std::uint64_t cycle_ = 0;
  std::uint8_t cause_ = 0;
  double core_w_ = 0, dram_w_ = 0, core_j_ = 0, dram_j_ = 0;
  std::int64_t power_cycle_ = 0;  ///< of the last sample, of those with a clock
  bool sample_now_ = false;
};

}  // namespace bitbalance::waveform
