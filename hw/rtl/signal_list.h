// The signals a unit offers to waveforms: a name, and how to put it into a trace file. Units list them in the
// order that data flows; nothing is traced until a window opens.
#pragma once

#include <functional>
#include <string>
#include <systemc>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bits.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class SignalList {
 public:
  struct Signal {
    std::string name;  ///< hierarchical, dot-separated: "pe_array.row3.lane5.accumulator"
    int width = 1;     ///< bits
    bool is_signed = false;
    std::function<void(sc_core::sc_trace_file*)> trace;
    std::vector<std::string> values;  ///< names of 0, 1...; none: the signal is a number
    bool is_real = false;             ///< a double
  };

  /// Names within the module `root` are relative to it; all others, and all with "", are full.
  explicit SignalList(const std::string& root = "") : root_(root.empty() ? "" : root + '.') {}

  /// `value` lives as long as the simulation; `width` in bits (0: that of T).
  template <class T>
  void add(const sc_core::sc_object& owner, const std::string& name, const T& value, int width = 0) {
    const std::string full = full_name(owner, name);
    if constexpr (std::is_same_v<T, bool>) {
      signals_.push_back(
          {full,
           1,
           false,
           [full, &value](sc_core::sc_trace_file* file) { sc_core::sc_trace(file, value, full); },
           {},
           false});
    } else {
      const int bits = width != 0 ? width : int{8 * sizeof(T)};
      signals_.push_back(
          {full,
           bits,
           std::is_signed_v<T>,
           [full, &value, bits](sc_core::sc_trace_file* file) { sc_core::sc_trace(file, value, full, bits); },
           {},
           false});
    }
  }
  /// A state: an enumeration of bytes, whose values from 0 on have these names.
  template <class Enum>
  void add(const sc_core::sc_object& owner, const std::string& name, const Enum& state,
           std::vector<std::string> names) {
    static_assert(sizeof(Enum) == 1);
    add(owner, name, reinterpret_cast<const std::uint8_t&>(state), index_bits(names.size()));
    signals_.back().values = std::move(names);
  }
  const std::vector<Signal>& signals() const { return signals_; }

 private:
  std::string full_name(const sc_core::sc_object& owner, const std::string& name) const {
    const std::string full = std::string(owner.name()) + '.' + name;
    return full.compare(0, root_.size(), root_) == 0 ? full.substr(root_.size()) : full;
  }

  std::string root_;  ///< with a dot, or empty
  std::vector<Signal> signals_;
};

}  // namespace bitbalance::rtl
