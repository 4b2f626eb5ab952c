// Weights a second whose bits a baseline's cycle model counts, on one core: 8-bit weights in rows of 4608.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <vector>

#include "hw/baselines/baseline_kind.h"
#include "hw/baselines/layer_cycles.h"

using namespace bitbalance;
using namespace bitbalance::baselines;

namespace {

BaselineLayer layer(std::vector<std::int16_t>& weights) {
  BaselineLayer layer;
  layer.output_channels = 512;
  layer.kernel = 4608;
  layer.pixels = 196;
  weights.resize(static_cast<std::size_t>(layer.output_channels) * layer.kernel);
  std::mt19937 random(1);
  std::normal_distribution<double> normal(0, 32);
  for (std::int16_t& weight : weights)
    weight = static_cast<std::int16_t>(std::clamp(normal(random), -127.0, 127.0));
  layer.weights = weights.data();
  return layer;
}

void count(benchmark::State& state, const BaselineKind& kind) {
  std::vector<std::int16_t> weights;
  const BaselineLayer shape = layer(weights);
  const Baseline baseline(kind);
  while (state.KeepRunning()) benchmark::DoNotOptimize(layer_cycles(baseline, shape));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(weights.size()));
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (const BaselineKind* kind : baseline_kinds()) {
    if (kind->needs_activations()) continue;
    benchmark::RegisterBenchmark(kind->name(), [kind](benchmark::State& state) {
      count(state, *kind);
    })->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
}
