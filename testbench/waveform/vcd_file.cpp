#include "testbench/waveform/vcd_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <stdexcept>

namespace bitbalance::waveform {
namespace {

/// Signals and inner scopes of a `$scope`, in the order of their names.
struct Scope {
  std::map<std::string, Scope> inner;
  std::string variables;
};

void write_scope(const std::string& name, const Scope& scope, std::string& text) {
  text += fmt::format("$scope module {} $end\n{}", name, scope.variables);
  for (const auto& [inner, content] : scope.inner) write_scope(inner, content, text);
  text += "$upscope $end\n";
}

/// "a", ..., "z", "ba", ...
std::string identifier(std::size_t index) {
  constexpr std::size_t kLetters = 26;
  std::string id;
  for (; index >= kLetters; index /= kLetters) id += static_cast<char>('a' + index % kLetters);
  id += static_cast<char>('a' + index);
  return {id.rbegin(), id.rend()};
}

std::uint64_t now_ps() {
  return static_cast<std::uint64_t>(sc_core::sc_time_stamp() / sc_core::sc_time(1, sc_core::SC_PS));
}

std::uint64_t value_of(const void* from, std::size_t bytes, int width) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, bytes);  // little-endian, as every machine we run on
  return width < 64 ? value & ((std::uint64_t{1} << width) - 1) : value;
}

}  // namespace

VcdFile::VcdFile(std::unique_ptr<ByteSink> sink) : file_(std::move(sink)) {
  sc_core::sc_get_curr_simcontext()->add_trace_file(this);
}

VcdFile::~VcdFile() {
  sc_core::sc_get_curr_simcontext()->remove_trace_file(this);
}

void VcdFile::close() {
  cycle(false);
  if (now_ps() > time_) {
    text_.clear();
    write_time(now_ps());
    file_.write(text_);
  }
  file_.close();
}

void VcdFile::add(Signal signal) {
  signal.id = identifier(signals_.size());
  signals_.push_back(std::move(signal));
}

void VcdFile::name_values(const std::string& signal, const std::vector<std::string>& values) {
  value_names_ += "$comment " + signal + ':';
  for (std::size_t i = 0; i < values.size(); ++i) value_names_ += fmt::format(" {}={}", i, values[i]);
  value_names_ += " $end\n";
}

void VcdFile::refuse(const std::string& name) {
  throw std::invalid_argument(fmt::format("{}: accepted in a waveform: integers, bool and double", name));
}

void VcdFile::cycle(bool is_delta) {
  if (is_delta) return;
  if (refresh_) refresh_();
  text_.clear();
  if (!begun_) write_header();
  for (Signal& signal : signals_) {
    const std::uint64_t value = value_of(signal.value, signal.bytes, signal.width);
    if (begun_ && value == signal.last) continue;
    if (text_.empty() && now_ps() > time_) write_time(now_ps());
    signal.last = value;
    write_value(signal);
  }
  if (!begun_) text_ += "$end\n";
  begun_ = true;
  file_.write(text_);
}

void VcdFile::write_header() {
  Scope root;
  for (const Signal& signal : signals_) {
    Scope* scope = &root;
    std::size_t begin = 0;
    for (std::size_t dot = 0; (dot = signal.name.find('.', begin)) != std::string::npos; begin = dot + 1)
      scope = &scope->inner[signal.name.substr(begin, dot - begin)];
    const std::string range =
        signal.width > 1 && !signal.is_real ? fmt::format(" [{}:0]", signal.width - 1) : "";
    scope->variables += fmt::format("$var {} {} {} {}{} $end\n", signal.is_real ? "real" : "wire",
                                    signal.width, signal.id, signal.name.substr(begin), range);
  }
  text_ += "$version bitbalance $end\n$timescale 1 ps $end\n" + value_names_;
  write_scope("SystemC", root, text_);
  text_ += "$enddefinitions $end\n";
  write_time(now_ps());
  text_ += "$dumpvars\n";
}

void VcdFile::write_value(const Signal& signal) {
  if (signal.is_real) {
    double value = 0;
    std::memcpy(&value, &signal.last, sizeof value);
    text_ += fmt::format("r{:.16g} ", value);
  } else if (signal.width == 1) {
    text_ += signal.last != 0 ? '1' : '0';
  } else {
    text_ += 'b';
    int bit = signal.width - 1;
    while (bit > 0 && (signal.last >> bit & 1U) == 0) --bit;
    for (; bit >= 0; --bit) text_ += (signal.last >> bit & 1U) != 0 ? '1' : '0';
    text_ += ' ';
  }
  text_ += signal.id;
  text_ += '\n';
}

void VcdFile::write_time(std::uint64_t time) {
  text_ += fmt::format("#{}\n", time);
  time_ = time;
}

}  // namespace bitbalance::waveform
