#include "testbench/waveform/waveform.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/file/output_file.h"
#include "base/process/main_stack.h"
#include "base/text/name_pattern.h"
#include "base/text/nearest_word.h"
#include "base/text/number.h"
#include "hw/isa/tiles.h"
#include "testbench/report/file_name.h"

namespace bitbalance::waveform {
namespace {

constexpr const char* kClock = "clk";

std::int64_t layer_tiles(const Program& program, std::size_t layer, const AcceleratorConfig& config) {
  std::int64_t count = 0;
  for (const Command& command : program.commands) {
    const auto* compute = std::get_if<Compute>(&command.body);
    if (compute != nullptr && command.header.layer == layer) count += tiles(config, *compute);
  }
  return count;
}

bool per_pe(const std::string& name) {
  return matches_pattern("pe_array.row*.lane*", name) || matches_pattern("pe_array.lane*", name);
}

/// What GTKWave shows beside a wave: the name within its unit. It would cut everything ahead of the last dot.
std::string alias(const std::string& name) {
  std::string within = name.substr(name.find('.') + 1);
  std::replace(within.begin(), within.end(), '.', '/');
  return within;
}

std::filesystem::path save_file(std::filesystem::path dump) {
  return dump.replace_extension(".gtkw");
}

/// Within the program, which has it.
std::size_t place_of(const std::string& layer, const Program& program) {
  const auto found = std::find_if(program.layers.begin(), program.layers.end(),
                                  [&](const ProgramLayer& l) { return l.name == layer; });
  return static_cast<std::size_t>(found - program.layers.begin());
}

/// "3" or "3-7".
bool read_tiles(const std::string& text, WaveformRequest& request) {
  const std::size_t dash = text.find('-');
  const auto first = whole_number(text.substr(0, dash), std::uint32_t{0});
  const auto last = dash == std::string::npos ? first : whole_number(text.substr(dash + 1), std::uint32_t{0});
  request.first_tile = first.value_or(0);
  request.last_tile = last.value_or(0);
  return first && last && *first <= *last;
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
/// lanes. The clock has a name like others, but is traced in any case.
std::vector<rtl::SignalList::Signal> chosen_signals(const std::vector<rtl::SignalList::Signal>& signals,
                                                    const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  names.reserve(signals.size());
  for (const rtl::SignalList::Signal& signal : signals) names.push_back(signal.name);
  names.emplace_back(kClock);
  std::vector<bool> chosen(names.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = wanted.empty() && !per_pe(names[i]);
  for (const std::string& name : wanted) {
    const std::vector<std::size_t> places = named(name, names);
    if (places.empty()) {
      throw std::invalid_argument(fmt::format(
          "--signals {}: no signal matches{}; accepted: names such as {}, and patterns, of the units {}",
          name, suggestion(name, names), names.front(), fmt::join(units_of(names), ", ")));
    }
    for (const std::size_t place : places) chosen[place] = true;
  }
  std::vector<rtl::SignalList::Signal> result;
  for (std::size_t i = 0; i < signals.size(); ++i)
    if (chosen[i]) result.push_back(signals[i]);
  return result;
}

}  // namespace

WaveformRequest waveform_request(const TracedLayer& traced, const std::vector<std::string>& signals,
                                 const Program& program, const AcceleratorConfig& config) {
  WaveformRequest request;
  request.signals = signals;
  request.layer = traced.layer;
  const std::size_t layer = place_of(traced.layer, program);
  const std::int64_t count = layer_tiles(program, program.first_layer + layer, config);
  if (count == 0) {
    throw std::invalid_argument(fmt::format("--trace {}: a {} layer has no tiles; accepted: a convolution",
                                            traced.text, program.layers[layer].op));
  }
  request.last_tile = static_cast<std::uint32_t>(count - 1);
  if (!traced.tiles.empty() && (!read_tiles(traced.tiles, request) || request.last_tile >= count)) {
    throw std::invalid_argument(
        fmt::format("--trace {}: accepted: LAYER, LAYER:tile or LAYER:first-last with tiles 0 to {}",
                    traced.text, count - 1));
  }
  return request;
}

WaveformWindow::WaveformWindow(const sc_core::sc_module_name& name, const WaveformRequest& request,
                               const Program& program, const rtl::SignalList& signals,
                               const sc_core::sc_signal_in_if<bool>& clock, const sc_core::sc_time& period,
                               const std::filesystem::path& folder)
    : sc_module(name), request_(request), clock_(clock), period_(period) {
  layer_ = program.first_layer + static_cast<int>(place_of(request.layer, program));
  signals_ = chosen_signals(signals.signals(), request.signals);
  path_ = folder / (file_name(request.layer) + ".vcd");

  SC_HAS_PROCESS(WaveformWindow);
  SC_METHOD(close);
  sensitive << last_edge_;
  dont_initialize();
}

WaveformWindow::~WaveformWindow() = default;

void WaveformWindow::tile_begins(int layer, std::uint32_t tile) {
  if (layer == layer_ && tile == request_.first_tile && state_ == State::kWaiting) open();
}

void WaveformWindow::tile_drained(int layer, std::uint32_t tile) {
  // Closed before the next edge, so that this one is still written.
  if (layer == layer_ && tile == request_.last_tile && state_ == State::kOpen)
    last_edge_.notify(0.75 * period_);
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
  state_ = State::kOpen;
  first_time_ = sc_core::sc_time_stamp();
  note_failure([this] {
    file_ = std::make_unique<VcdFile>(path_);
    sc_core::sc_trace(file_.get(), clock_, kClock);
    for (const rtl::SignalList::Signal& signal : signals_) {
      signal.trace(file_.get());
      if (!signal.values.empty()) file_->name_values(signal.name, signal.values);
    }
  });
}

void WaveformWindow::close() {
  if (state_ != State::kOpen) return;
  state_ = State::kClosed;
  note_failure([this] {
    file_->close();
    file_.reset();
    write_states();
    write_save_file();
  });
}

std::vector<std::string> WaveformWindow::file_names() const {
  std::vector<std::string> names = {path_.filename().string(), save_file(path_).filename().string()};
  for (const rtl::SignalList::Signal* kind : state_kinds()) names.push_back(states_file(*kind));
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

/// A signal of each kind of state: those whose values have the same names are of one kind.
std::vector<const rtl::SignalList::Signal*> WaveformWindow::state_kinds() const {
  std::vector<const rtl::SignalList::Signal*> kinds;
  for (const rtl::SignalList::Signal& signal : signals_) {
    const bool known =
        std::any_of(kinds.begin(), kinds.end(),
                    [&signal](const rtl::SignalList::Signal* kind) { return kind->values == signal.values; });
    if (!signal.values.empty() && !known) kinds.push_back(&signal);
  }
  return kinds;
}

/// Within the folder. Short, as file systems limit names.
std::string WaveformWindow::states_file(const rtl::SignalList::Signal& signal) const {
  const std::vector<const rtl::SignalList::Signal*> kinds = state_kinds();
  std::size_t number = 0;
  while (kinds[number]->values != signal.values) ++number;
  return fmt::format("{}.states{}", path_.stem().string(), number);
}

/// In GTKWave's form: a value in hexadecimal and its name on a line.
void WaveformWindow::write_states() const {
  for (const rtl::SignalList::Signal* kind : state_kinds()) {
    std::string names;
    for (std::size_t value = 0; value < kind->values.size(); ++value)
      names += fmt::format("{:x} {}\n", value, kind->values[value]);
    write_file(path_.parent_path() / states_file(*kind), names);
  }
}

void WaveformWindow::write_save_file() const {
  // GTKWave's save format: flags in hexadecimal (022: hex, 2000: names of values, from
  // the file of the line ^1; c00200/1401200: group), then names.
  std::string out;
  const auto begin = static_cast<std::uint64_t>(first_time_ / sc_core::sc_time(1, sc_core::SC_PS));
  // Zoom: powers of two; this one shows a cycle in 24 pixels.
  const double zoom = -3 - std::log2(period_ / sc_core::sc_time(1, sc_core::SC_PS));
  out += fmt::format(
      "[*] Signals of layer {}, tiles {} to {}, in the order that data flows\n[dumpfile] \"{}\"\n"
      "[timestart] {}\n*{:.6f} {} -1\n@28\nSystemC.{}\n",
      path_.stem().string(), request_.first_tile, request_.last_tile, path_.filename().string(), begin, zoom,
      begin, kClock);
  std::string group;
  const auto end_group = [&] {
    if (!group.empty()) out += "@1401200\n-" + group + "\n";
  };
  for (const rtl::SignalList::Signal& signal : signals_) {
    const std::string unit = signal.name.substr(0, signal.name.find('.'));
    if (unit != group) {
      end_group();
      group = unit;
      out += "@c00200\n-" + group + "\n";
    }
    const bool named = !signal.values.empty();
    const char* const form = signal.width == 1 ? "@28" : signal.is_signed ? "@420" : named ? "@2022" : "@22";
    const std::string range = signal.width > 1 ? fmt::format("[{}:0]", signal.width - 1) : "";
    const std::string filter = named ? "^1 " + states_file(signal) + '\n' : "";
    out += fmt::format("{}\n{}+{{{}}} SystemC.{}{}\n", form, filter, alias(signal.name), signal.name, range);
  }
  end_group();
  write_file(save_file(path_), out);
}

}  // namespace bitbalance::waveform
