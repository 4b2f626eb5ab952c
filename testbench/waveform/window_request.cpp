#include "testbench/waveform/window_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/text/number.h"
#include "hw/isa/tiles.h"

namespace bitbalance::waveform {
namespace {

std::int64_t layer_tiles(const Program& program, int layer, const AcceleratorConfig& config) {
  std::int64_t count = 0;
  for (const Command& command : program.commands) {
    const auto* compute = std::get_if<Compute>(&command.body);
    if (compute != nullptr && command.header.layer == layer) count += tiles(config, *compute);
  }
  return count;
}

/// "3" or "3-7".
std::optional<std::pair<std::int64_t, std::int64_t>> range_of(const std::string& text) {
  const std::size_t dash = text.find('-');
  const auto first = whole_number(text.substr(0, dash), std::int64_t{0});
  const auto last = dash == std::string::npos ? first : whole_number(text.substr(dash + 1), std::int64_t{0});
  if (!first || !last || *first > *last) return std::nullopt;
  return std::pair(*first, *last);
}

}  // namespace

std::string WindowRequest::description() const {
  switch (extent) {
    case Extent::kTiles:
      return fmt::format("layer {}, tiles {} to {}", layer, first, last);
    case Extent::kLayer:
      return fmt::format("layer {}, from its first command to its last store", layer);
    case Extent::kCycles:
      break;
  }
  return fmt::format("cycles {} to {}", first, last);
}

WindowRequest layer_window(const TracedLayer& traced, const std::vector<std::string>& signals,
                           const Program& program, const AcceleratorConfig& config) {
  WindowRequest request;
  request.text = traced.text;
  request.signals = signals;
  request.layer = traced.layer;
  const auto found = std::find_if(program.layers.begin(), program.layers.end(),
                                  [&](const ProgramLayer& l) { return l.name == traced.layer; });
  request.layer_index = program.first_layer + static_cast<int>(found - program.layers.begin());
  const std::int64_t count = layer_tiles(program, request.layer_index, config);
  request.last = count - 1;
  if (traced.tiles == "all" || (count == 0 && traced.tiles.empty())) {
    request.extent = WindowRequest::Extent::kLayer;
    return request;
  }
  if (traced.tiles.empty()) return request;
  if (count == 0) {
    throw std::invalid_argument(fmt::format("--trace {}: a {} layer has no tiles; accepted: {}:all",
                                            traced.text, found->op, traced.layer));
  }
  const auto tiles = range_of(traced.tiles);
  if (!tiles || tiles->second >= count) {
    throw std::invalid_argument(fmt::format(
        "--trace {}: accepted: LAYER, LAYER:all, LAYER:tile or LAYER:first-last with tiles 0 to {}",
        traced.text, count - 1));
  }
  std::tie(request.first, request.last) = *tiles;
  return request;
}

bool is_cycle_window(const std::string& text, const std::vector<std::string>& layers) {
  return text.rfind('@', 0) == 0 && std::find(layers.begin(), layers.end(), text) == layers.end();
}

WindowRequest cycle_window(const std::string& text, const std::vector<std::string>& signals) {
  const auto cycles = range_of(text.substr(1));
  if (!cycles) {
    throw std::invalid_argument(
        fmt::format("--trace {}: accepted: @first-last with cycles of the run", text));
  }
  WindowRequest request;
  request.extent = WindowRequest::Extent::kCycles;
  request.text = text;
  request.signals = signals;
  std::tie(request.first, request.last) = *cycles;
  return request;
}

}  // namespace bitbalance::waveform
