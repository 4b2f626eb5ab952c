#include "testbench/run/trace/run_trace.h"

#include <string>

namespace bitbalance::runner {

void RunTrace::expect(const Program& program, const std::vector<LayerReport>& layers) {
  if (timeline_) {
    std::vector<std::string> names;
    names.reserve(layers.size());
    for (const LayerReport& layer : layers) names.push_back(layer.name);
    timeline_->name_layers(std::move(names));
  }
  if (power_) power_->expect(program, layers);
}

}  // namespace bitbalance::runner
