#include "testbench/waveform.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "hw/core/tiles.h"
#include "quant/output_file.h"
#include "testbench/file_name.h"

namespace bitbalance {
namespace {

std::int64_t layer_tiles(const Program& program, std::size_t layer, const AcceleratorConfig& config) {
  std::int64_t count = 0;
  for (const Command& command : program.commands) {
    const auto* compute = std::get_if<Compute>(&command.body);
    if (compute != nullptr && command.header.layer == layer) count += tiles(config, *compute);
  }
  return count;
}

// * any characters, ? one character; everything else stands for itself (brackets occur in no name).
bool matches(const char* glob, const char* text) {
  if (*glob == '\0') return *text == '\0';
  if (*glob == '*') return matches(glob + 1, text) || (*text != '\0' && matches(glob, text + 1));
  return *text != '\0' && (*glob == '?' || *glob == *text) && matches(glob + 1, text + 1);
}

bool per_pe(const std::string& name) {
  return matches("pe_array.row*.lane*", name.c_str()) || matches("pe_array.lane*", name.c_str());
}

/// What GTKWave shows beside a wave: the name within its unit. It would cut everything ahead of the last dot.
std::string alias(const std::string& name) {
  std::string within = name.substr(name.find('.') + 1);
  std::replace(within.begin(), within.end(), '.', '/');
  return within;
}

std::string layer_names(const Program& program) {
  std::vector<std::string> names;
  for (const ProgramLayer& layer : program.layers) names.push_back(layer.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::string traced_layer(const std::string& text) {
  // A layer's name may hold a colon itself: tiles are what follows the last one, if it is digits and a dash.
  const std::size_t colon = text.rfind(':');
  const bool has_tiles =
      colon != std::string::npos && text.find_first_not_of("0123456789-", colon + 1) == std::string::npos;
  return has_tiles ? text.substr(0, colon) : text;
}

WaveformRequest parse_waveform_request(const std::string& text, const std::vector<std::string>& globs,
                                       const Program& program, const AcceleratorConfig& config) {
  WaveformRequest request;
  request.globs = globs;
  request.layer = traced_layer(text);
  const auto found = std::find_if(program.layers.begin(), program.layers.end(),
                                  [&](const ProgramLayer& l) { return l.name == request.layer; });
  if (found == program.layers.end()) {
    throw std::invalid_argument(
        fmt::format("--trace {}: no layer \"{}\": accepted: {}", text, request.layer, layer_names(program)));
  }
  const std::int64_t count = layer_tiles(
      program, program.first_layer + static_cast<std::size_t>(found - program.layers.begin()), config);
  if (count == 0) {
    throw std::invalid_argument(
        fmt::format("--trace {}: a {} layer has no tiles: accepted: a convolution", text, found->op));
  }
  request.last_tile = static_cast<std::uint32_t>(count - 1);
  const std::size_t colon = request.layer.size();
  if (colon == text.size()) return request;

  const auto bad = [&] {
    return std::invalid_argument(fmt::format(
        "--trace {}: accepted: LAYER, LAYER:tile or LAYER:first-last with tiles 0 to {}", text, count - 1));
  };
  const char* at = text.data() + colon + 1;
  const char* const end = text.data() + text.size();
  auto parsed = std::from_chars(at, end, request.first_tile);
  if (parsed.ec != std::errc()) throw bad();
  request.last_tile = request.first_tile;
  if (parsed.ptr != end) {
    parsed = std::from_chars(parsed.ptr + 1, end, request.last_tile);
    if (parsed.ec != std::errc() || parsed.ptr != end) throw bad();
  }
  if (request.first_tile > request.last_tile || request.last_tile >= count) throw bad();
  return request;
}

WaveformWindow::WaveformWindow(const sc_core::sc_module_name& name, const WaveformRequest& request,
                               const Program& program, const rtl::SignalList& signals,
                               const sc_core::sc_signal_in_if<bool>& clock, const sc_core::sc_time& period,
                               const std::filesystem::path& folder)
    : sc_module(name), request_(request), clock_(clock), period_(period) {
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    if (program.layers[i].name == request.layer) layer_ = program.first_layer + static_cast<int>(i);
  }
  for (const rtl::SignalList::Signal& signal : signals.signals()) {
    const auto matches_name = [&](const std::string& glob) {
      return matches(glob.c_str(), signal.name.c_str());
    };
    if (request.globs.empty() ? !per_pe(signal.name)
                              : std::any_of(request.globs.begin(), request.globs.end(), matches_name)) {
      signals_.push_back(signal);
    }
  }
  if (signals_.empty()) {
    throw std::invalid_argument(fmt::format("--signals {}: no signal matches: accepted: names such as {}",
                                            fmt::join(request.globs, ","), signals.signals().front().name));
  }
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
    sc_core::sc_trace(file_.get(), clock_, "clk");
    for (const rtl::SignalList::Signal& signal : signals_) signal.trace(file_.get());
  });
}

void WaveformWindow::close() {
  if (state_ != State::kOpen) return;
  state_ = State::kClosed;
  note_failure([this] {
    file_->close();
    file_.reset();
    write_save_file();
  });
}

void WaveformWindow::check() const {
  if (file_ != nullptr) file_->check();
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

void WaveformWindow::finish() {
  close();
  check();
}

void WaveformWindow::write_save_file() const {
  // GTKWave's save format: flags in hexadecimal (022: hex, c00200/1401200: group), then names.
  std::string out;
  const auto begin = static_cast<std::uint64_t>(first_time_ / sc_core::sc_time(1, sc_core::SC_PS));
  // Zoom: powers of two; this one shows a cycle in 24 pixels.
  const double zoom = -3 - std::log2(period_ / sc_core::sc_time(1, sc_core::SC_PS));
  out += fmt::format(
      "[*] Signals of layer {}, tiles {} to {}, in the order that data flows\n[dumpfile] \"{}\"\n"
      "[timestart] {}\n*{:.6f} {} -1\n@28\nSystemC.clk\n",
      path_.stem().string(), request_.first_tile, request_.last_tile, path_.filename().string(), begin, zoom,
      begin);
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
    const char* const form = signal.width == 1 ? "@28" : signal.is_signed ? "@420" : "@22";
    const std::string range = signal.width > 1 ? fmt::format("[{}:0]", signal.width - 1) : "";
    out += fmt::format("{}\n+{{{}}} SystemC.{}{}\n", form, alias(signal.name), signal.name, range);
  }
  end_group();
  std::filesystem::path save = path_;
  write_file(save.replace_extension(".gtkw"), out);
}

}  // namespace bitbalance
