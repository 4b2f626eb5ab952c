#include "hw/baselines/layer_cycles.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/bits.h"
#include "hw/baselines/baseline_kind.h"

namespace bitbalance::baselines {

int delivery_cycles(const Baseline& baseline, const BaselineLayer& layer, int rows, int columns, int lanes) {
  const std::int64_t activation_bits = std::int64_t{columns} * lanes * 8 * element_bytes(layer.width);
  const std::int64_t weight_bits = std::int64_t{rows} * lanes * layer.weight_bits;
  return static_cast<int>(std::max(ceil_div(activation_bits, baseline.delivery.activation_bits),
                                   ceil_div(weight_bits, baseline.delivery.weight_bits)));
}

BaselineCycles layer_cycles(const Baseline& baseline, const BaselineLayer& layer) {
  if (baseline.kind->needs_activations()) {
    throw std::invalid_argument(fmt::format("{}: its cycles depend on activations", baseline.kind->name()));
  }
  return layer_cycles(baseline, layer, {});
}

BaselineCycles layer_cycles(const Baseline& baseline, const BaselineLayer& layer,
                            const std::vector<std::int16_t>& activations) {
  check(baseline);
  const std::int64_t expected = std::int64_t{layer.conv_groups} * layer.kernel * layer.pixels;
  if (baseline.kind->needs_activations() && static_cast<std::int64_t>(activations.size()) != expected) {
    throw std::invalid_argument(fmt::format("{}: activations do not fit the layer", baseline.kind->name()));
  }
  return baseline.kind->cycles(baseline, layer, activations);
}

}  // namespace bitbalance::baselines
