// The signals a unit offers to waveforms: a name, and how to put it into a trace file. Units list them in the
// order that data flows; nothing is traced until a window opens.
#pragma once

#include <functional>
#include <string>
#include <systemc>
#include <type_traits>
#include <utility>
#include <vector>

#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class SignalList {
 public:
  struct Signal {
    std::string name;  ///< hierarchical, dot-separated: "pe_array.row3.lane5.accumulator"
    int width = 1;     ///< bits
    bool is_signed = false;
    std::function<void(sc_core::sc_trace_file*)> trace;
  };

  /// `value` lives as long as the simulation; `width` in bits (0: that of T).
  template <class T>
  void add(const std::string& name, const T& value, int width = 0) {
    if constexpr (std::is_same_v<T, bool>) {
      signals_.push_back({name, 1, false, [name, &value](sc_core::sc_trace_file* file) {
                            sc_core::sc_trace(file, value, name);
                          }});
    } else {
      const int bits = width != 0 ? width : int{8 * sizeof(T)};
      signals_.push_back(
          {name, bits, std::is_signed_v<T>, [name, &value, bits](sc_core::sc_trace_file* file) {
             sc_core::sc_trace(file, value, name, bits);
           }});
    }
  }
  const std::vector<Signal>& signals() const { return signals_; }

 private:
  std::vector<Signal> signals_;
};

/// Told by the PE array when tiles begin and end, at the very edge: opens and closes waveform windows.
class TileObserver {
 public:
  virtual ~TileObserver() = default;
  /// First slot of the tile is performed at this edge.
  virtual void tile_begins(int layer, std::uint32_t tile) = 0;
  /// Last beat of the tile leaves the shadow registers at this edge.
  virtual void tile_drained(int layer, std::uint32_t tile) = 0;
};

}  // namespace bitbalance::rtl
