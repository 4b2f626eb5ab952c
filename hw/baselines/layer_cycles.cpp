#include "hw/baselines/layer_cycles.h"

#include <fmt/format.h>

#include <stdexcept>

#include "hw/baselines/baseline_kind.h"

namespace bitbalance::baselines {

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
