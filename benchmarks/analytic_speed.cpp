// What an evaluation at the analytic level costs, mapping and weight scan done before: with all shapes of
// blocks known from an earlier one, and with none.
#include <benchmark/benchmark.h>

#include <memory>

#include "hw/core/mapper.h"
#include "hw/core/timeline/timeline.h"
#include "quant/network_zoo.h"
#include "quant/onnx_import.h"
#include "quant/quantizer.h"

using namespace bitbalance;

namespace {

Network network(const std::string& name) {
  return name == "fashion" ? import_onnx(BITBALANCE_SOURCE_DIR "/scenarios/networks/fashion.onnx")
                           : zoo_network(name);
}

/// Shapes and weights are real, scales are not: nothing here computes data.
QuantizedNetwork quantized(Network network) {
  Calibration calibration;
  for (const Tensor& tensor : network.tensors) calibration.ranges[tensor.name] = {-1.0F, 1.0F};
  QuantizationOptions options;
  options.scale_search = false;
  return quantize(std::move(network), calibration, options);
}

struct Workload {
  AcceleratorConfig config;
  std::vector<MappedProgram> segments;
  std::vector<WeightStatistics> weights;

  Workload(Network network, Synchronization synchronization) {
    config.allow_wrap = true;
    config.synchronization = synchronization;
    segments = build_segments(quantized(std::move(network)), config, {});
    for (const MappedProgram& s : segments) weights.emplace_back(s.program, config);
  }

  std::int64_t evaluate(Timeline& timeline) const {
    std::int64_t cycles = 0;
    for (std::size_t s = 0; s < segments.size(); ++s)
      cycles += timeline.analyze(segments[s].program, weights[s]).cycles;
    return cycles;
  }
  std::size_t commands() const {
    std::size_t count = 0;
    for (const MappedProgram& s : segments) count += s.program.commands.size();
    return count;
  }
};

void again(benchmark::State& state, const Workload& workload) {
  Timeline timeline(workload.config, {});
  std::int64_t cycles = workload.evaluate(timeline);
  for (auto _ : state) benchmark::DoNotOptimize(cycles = workload.evaluate(timeline));
  state.counters["cycles"] = static_cast<double>(cycles);
  state.counters["commands"] = static_cast<double>(workload.commands());
}

void anew(benchmark::State& state, const Workload& workload) {
  for (auto _ : state) {
    Timeline timeline(workload.config, {});
    benchmark::DoNotOptimize(workload.evaluate(timeline));
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  std::vector<std::string> names = zoo_names();
  names.insert(names.begin(), "fashion");
  for (const std::string& name : names) {
    for (const Synchronization s : {Synchronization::kBalanced, Synchronization::kGroupMax}) {
      // Made for the first of its two benchmarks that runs, if any does.
      const auto workload = std::make_shared<std::unique_ptr<Workload>>();
      const auto add = [&](const char* what, void (*body)(benchmark::State&, const Workload&)) {
        benchmark::RegisterBenchmark((name + "/" + to_string(s) + "/" + what).c_str(),
                                     [=](benchmark::State& state) {
                                       if (!*workload)
                                         *workload = std::make_unique<Workload>(network(name), s);
                                       body(state, **workload);
                                     })
            ->Unit(benchmark::kMicrosecond);
      };
      add("again", again);
      add("anew", anew);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
}
