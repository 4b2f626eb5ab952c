// What `--trace` and `--signals` ask for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "testbench/scenario/layer_patterns.h"
#include "testbench/waveform/names.h"

namespace bitbalance::waveform {

struct WindowRequest {
  enum class Extent : std::uint8_t {
    kTiles,   ///< of a layer: first slot of the first to last beat of the last
    kLayer,   ///< from the issue of its first command to the completion of its last store
    kCycles,  ///< of the run; both included
  };
  Extent extent = Extent::kTiles;
  std::string text;                  ///< as it was given
  std::string layer;                 ///< empty: kCycles
  int layer_index = -1;              ///< as commands count layers
  std::int64_t first = 0, last = 0;  ///< tiles or cycles
  /// Names, or patterns of them in which * also matches dots; none: all but the registers of single PEs and
  /// lanes.
  std::vector<std::string> signals;

  /// What it is a window of, in words.
  std::string description() const;
};

/// A layer of `program`: its tile 3, tiles 3-7 or, without any given, all; LAYER:all, and a layer without
/// tiles: all that it does. Throws std::invalid_argument naming tiles that the layer does not have, and what
/// it has.
WindowRequest layer_window(const TracedLayer& traced, const std::vector<std::string>& signals,
                           const Program& program, const AcceleratorConfig& config);

/// Is it "@..."? Layers that are called so come first.
bool is_cycle_window(const std::string& text, const std::vector<std::string>& layers);
/// "@first-last". Throws std::invalid_argument for anything else.
WindowRequest cycle_window(const std::string& text, const std::vector<std::string>& signals);

}  // namespace bitbalance::waveform
