#include "testbench/waveform/waveform.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "base/file/output_file.h"
#include "base/process/main_stack.h"
#include "base/text/enum_index.h"
#include "base/text/name_pattern.h"
#include "base/text/nearest_word.h"
#include "testbench/waveform/fst_sink.h"

namespace bitbalance::waveform {
namespace {

using Signals = std::vector<rtl::SignalList::Signal>;

bool per_pe(const std::string& name) {
  return matches_pattern("pe_array.row*.lane*", name) || matches_pattern("pe_array.lane*", name);
}

/// What stands ahead of the first dot, once each, in their order.
std::vector<std::string> units_of(const std::vector<std::string>& names) {
  std::vector<std::string> units;
  for (const std::string& name : names) {
    std::string unit = name.substr(0, name.find('.'));
    if (std::find(units.begin(), units.end(), unit) == units.end()) units.push_back(std::move(unit));
  }
  return units;
}

/// Those that a name or pattern means, in their order; without any, all but the registers of single PEs and
/// lanes. The clock, which is the first, is there in any case.
Signals chosen_signals(const Signals& signals, const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  names.reserve(signals.size());
  for (const rtl::SignalList::Signal& signal : signals) names.push_back(signal.name);
  std::vector<bool> chosen(names.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = i == 0 || (wanted.empty() && !per_pe(names[i]));
  for (const std::string& name : wanted) {
    const std::vector<std::size_t> places = named(name, names);
    if (places.empty()) {
      throw std::invalid_argument(fmt::format(
          "--signals {}: no signal matches{}; accepted: names such as {}, and patterns, of the units {}",
          name, suggestion(name, names), names.back(), fmt::join(units_of(names), ", ")));
    }
    for (const std::size_t place : places) chosen[place] = true;
  }
  Signals result;
  for (std::size_t i = 0; i < signals.size(); ++i)
    if (chosen[i]) result.push_back(signals[i]);
  return result;
}

template <class T>
void trace_value(sc_core::sc_trace_file* file, const T& value, const std::string& name,
                 [[maybe_unused]] int width) {
  if constexpr (std::is_integral_v<T>) {
    sc_core::sc_trace(file, value, name, width);
  } else {
    sc_core::sc_trace(file, value, name);
  }
}

template <class T>
rtl::SignalList::Signal own_signal(const std::string& name, const T& value, int width) {
  return {
      name,  width,
      false, [name, &value, width](sc_core::sc_trace_file* file) { trace_value(file, value, name, width); },
      {},    std::is_floating_point_v<T>};
}

std::unique_ptr<ByteSink> sink_of(DumpFormat format, const std::filesystem::path& path) {
  if (format == DumpFormat::kFst) return std::make_unique<FstSink>(path);
  return std::make_unique<OutputFile>(path);
}

}  // namespace

WaveformWindow::WaveformWindow(const sc_core::sc_module_name& name, const WindowRequest& request,
                               const WaveformSource& source, DumpFormat format,
                               const std::filesystem::path& stem)
    : sc_module(name),
      request_(request),
      source_(source),
      format_(format),
      path_(stem.string() + (format == DumpFormat::kFst ? ".fst" : ".vcd")) {
  if (format == DumpFormat::kFst) check_fst_converter();
  add_own_signals();
  SC_HAS_PROCESS(WaveformWindow);
  SC_METHOD(come_to_first_edge);
  sensitive << first_edge_;
  dont_initialize();
  SC_METHOD(close);
  sensitive << last_edge_;
  dont_initialize();
}

WaveformWindow::~WaveformWindow() = default;

void WaveformWindow::add_own_signals() {
  rtl::SignalList units(source_.accelerator.name());
  source_.accelerator.describe(units);
  Signals all = {own_signal("clk", source_.clock, 1), own_signal("cycle", cycle_, 64)};
  all.insert(all.end(), units.signals().begin(), units.signals().end());
  // Beside the activity that it explains, whose values have the same names.
  const auto activity = std::find_if(all.begin(), all.end(), [](const rtl::SignalList::Signal& s) {
    return s.name == "controller.compute.activity";
  });
  rtl::SignalList::Signal cause = own_signal("controller.compute.cause", cause_, activity->width);
  cause.values = activity->values;
  all.insert(activity + 1, cause);
  if (source_.power != nullptr) {
    all.push_back(own_signal("power.core_w", core_w_, 64));
    all.push_back(own_signal("power.dram_w", dram_w_, 64));
    all.push_back(own_signal("power.core_j", core_j_, 64));
    all.push_back(own_signal("power.dram_j", dram_j_, 64));
  }
  signals_ = chosen_signals(all, request_.signals);
}

void WaveformWindow::program_started(Edge edge) {
  program_begin_ = edge;
  running_ = !source_.accelerator.idle();
  program_start_ = sc_core::sc_time_stamp();
  if (request_.extent != WindowRequest::Extent::kCycles) return;
  if (running_) {
    plan_cycles();
  } else {  // of another level: it has no edges
    close();
  }
}

void WaveformWindow::program_ended(Edge edge) {
  cycles_ += edge - program_begin_;
  if (!running_) unclocked_cycles_ += edge - program_begin_;
  cycle_ = static_cast<std::uint64_t>(cycles_);
  running_ = false;
  sample_now_ = true;
  if (request_.extent != WindowRequest::Extent::kCycles) return;
  first_edge_.cancel();
  last_edge_.cancel();
}

/// Of a window of cycles, as far as they are in the program that starts.
void WaveformWindow::plan_cycles() {
  if (state_ == State::kClosed || request_.last < cycles_) return;
  const auto after = [this](std::int64_t cycle) {
    return static_cast<double>(cycle - cycles_) * source_.period;
  };
  if (state_ == State::kWaiting) first_edge_.notify(after(std::max(request_.first, cycles_)));
  last_edge_.notify(after(request_.last) + 0.75 * source_.period);
}

/// The clock's edge comes a delta after its time, and may end the program: then the cycle is none of it.
void WaveformWindow::come_to_first_edge() {
  constexpr int kEdgeDeltas = 2;
  if (deltas_++ < kEdgeDeltas) return next_trigger(sc_core::SC_ZERO_TIME);
  deltas_ = 0;
  if (running_) open();
}

void WaveformWindow::command_issued(Engine /*engine*/, const Command& command, Edge /*edge*/) {
  if (request_.extent == WindowRequest::Extent::kLayer && command.header.layer == request_.layer_index &&
      state_ == State::kWaiting)
    open();
}

void WaveformWindow::command_completed(Engine engine, const Command& command, Edge /*edge*/) {
  const bool ends_layer = command.header.layer_end && engine != Engine::kCompute;
  if (request_.extent == WindowRequest::Extent::kLayer && command.header.layer == request_.layer_index &&
      ends_layer && state_ == State::kOpen)
    close_after_this_edge();
}

void WaveformWindow::tile_begins(int layer, std::uint32_t tile, Edge /*edge*/) {
  if (request_.extent == WindowRequest::Extent::kTiles && layer == request_.layer_index &&
      tile == request_.first && state_ == State::kWaiting)
    open();
}

void WaveformWindow::tile_drained(int layer, std::uint32_t tile, Edge /*edge*/) {
  // Closed before the next edge, so that this one is still written.
  if (request_.extent == WindowRequest::Extent::kTiles && layer == request_.layer_index &&
      tile == request_.last && state_ == State::kOpen)
    close_after_this_edge();
}

// An exception would reach the user through the kernel, as several lines about a process.
template <typename Step>
void WaveformWindow::note_failure(const Step& step) {
  tell_main_stack();
  try {
    step();
  } catch (const std::exception& error) {
    failure_ = error.what();
    file_.reset();
    state_ = State::kClosed;
  }
}

void WaveformWindow::open() {
  if (state_ != State::kWaiting) return;
  state_ = State::kOpen;
  first_time_ = sc_core::sc_time_stamp();
  refresh_cycle();
  first_cycle_ = static_cast<std::int64_t>(cycle_);
  note_failure([this] {
    file_ = std::make_unique<VcdFile>(sink_of(format_, path_));
    file_->set_refresh([this] { refresh(); });
    for (const rtl::SignalList::Signal& signal : signals_) {
      signal.trace(file_.get());
      if (!signal.values.empty()) file_->name_values(signal.name, signal.values);
    }
  });
  sample_now_ = true;
}

void WaveformWindow::close() {
  if (state_ != State::kOpen) return;
  state_ = State::kClosed;
  sample_now_ = true;
  note_failure([this] {
    file_->close();
    last_cycle_ = running_ ? static_cast<std::int64_t>(cycle_) : cycles_ - 1;
    file_.reset();
    write_save_file();
  });
}

void WaveformWindow::refresh_cycle() {
  if (!running_) return;
  const sc_core::sc_time taken = sc_core::sc_time_stamp() - program_start_;
  cycle_ = static_cast<std::uint64_t>(cycles_) + taken.value() / source_.period.value();
}

/// Own signals at the end of an instant.
void WaveformWindow::refresh() {
  refresh_cycle();
  cause_ = static_cast<std::uint8_t>(source_.accelerator.compute_activity());
  if (source_.power == nullptr) return;
  const std::int64_t window = source_.power->window_cycles();
  if (sample_now_ || clocked_cycle() / window != power_cycle_ / window) sample_power();
}

void WaveformWindow::sample_power() {
  const PowerMeter::Energy energy = source_.power->energy(clocked_cycle());
  const std::int64_t cycles = clocked_cycle() - power_cycle_;
  const double seconds = static_cast<double>(cycles) * source_.period.to_seconds();
  if (cycles > 0) {
    core_w_ = (energy.core_j - core_j_) / seconds;
    dram_w_ = (energy.dram_j - dram_j_) / seconds;
  }
  core_j_ = energy.core_j;
  dram_j_ = energy.dram_j;
  power_cycle_ = clocked_cycle();
  sample_now_ = false;
}

std::vector<std::string> WaveformWindow::file_names() const {
  std::vector<std::string> names = save_file_.file_names();
  names.push_back(path_.filename().string());
  return names;
}

void WaveformWindow::check() const {
  if (file_ != nullptr) file_->check();
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

void WaveformWindow::finish() {
  close();
  check();
}

std::string WaveformWindow::missing() const {
  const bool is_written = state_ == State::kClosed,
             has_cycles = request_.extent == WindowRequest::Extent::kCycles;
  const std::string end = fmt::format("the run has cycles 0 to {}", cycles_ - 1);
  const std::string levels = "layers that are not clocked have no edges";
  if (!is_written) return "not written: " + (has_cycles && request_.first < cycles_ ? levels : end);
  const std::int64_t last = std::min(request_.last, cycles_ - 1);
  if (!has_cycles || (first_cycle_ == request_.first && last_cycle_ == request_.last)) return {};
  return fmt::format("only cycles {} to {}: {}", first_cycle_, last_cycle_,
                     first_cycle_ == request_.first && last_cycle_ == last ? end : levels);
}

void WaveformWindow::write_save_file() const {
  constexpr double kTileCycles = 8,
                   kScreens = 6;  // in 200 pixels: one of 25 for a cycle; on a screen of 1,200
  const double period = source_.period / sc_core::sc_time(1, sc_core::SC_PS);
  const double begin = first_time_ / sc_core::sc_time(1, sc_core::SC_PS);
  const double end = sc_core::sc_time_stamp() / sc_core::sc_time(1, sc_core::SC_PS);
  const bool is_close = request_.extent == WindowRequest::Extent::kTiles;
  save_file_.write(request_.description(), static_cast<std::uint64_t>(begin),
                   is_close ? kTileCycles * period : (end - begin) / kScreens);
}

}  // namespace bitbalance::waveform
