// What an evaluation at the analytic level costs, mapping included: a network whose weights have been
// scanned, on an accelerator that was evaluated before, and on another accelerator and memory each time.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "hw/compiler/mapper.h"
#include "hw/timeline/timeline.h"
#include "quant/ir/network_zoo.h"
#include "quant/method/quantizer.h"
#include "quant/onnx/import.h"

using namespace bitbalance;
using namespace bitbalance::compiler;
using namespace bitbalance::method;
using namespace bitbalance::onnx_io;
using namespace bitbalance::timeline;

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

struct DesignPoint {
  AcceleratorConfig config;
  IdealMemoryTiming memory;
};

/// Arrays, buffers, synchronizations, interfaces and memories around the default, which is the first: no two
/// alike.
std::vector<DesignPoint> design_points() {
  std::vector<DesignPoint> points;
  DesignPoint point;
  point.config.allow_wrap = true;
  const std::vector<std::pair<int, int>> arrays = {{32, 32}, {16, 64}, {64, 16}, {48, 24}};
  for (const auto& [rows, columns] : arrays) {
    point.config.rows = rows;
    point.config.columns = columns;
    for (const int kilobytes : {256, 192, 384}) {
      point.config.activation_buffer_bytes = kilobytes * 1024;
      for (const Synchronization s : {Synchronization::kBalanced, Synchronization::kGroupMax}) {
        point.config.synchronization = s;
        for (const int outstanding : {16, 24}) {
          point.config.dram.max_outstanding = outstanding;
          for (const int latency : {50, 80}) {
            point.memory.latency_cycles = latency;
            points.push_back(point);
          }
        }
      }
    }
  }
  return points;
}

struct Workload {
  QuantizedNetwork network;
  Mapper mapper;
  WeightStatistics weights;
  std::size_t commands = 0;  ///< of the last evaluation

  explicit Workload(const std::string& name)
      : network(quantized(::network(name))), mapper(network), weights(network) {}

  std::int64_t evaluate(const DesignPoint& point, Timeline& timeline,
                        MappingEffort effort = MappingEffort::kFast) {
    return analyze(mapper.map(point.config, options_for(point, effort)), timeline);
  }

  static MapperOptions options_for(const DesignPoint& point, MappingEffort effort) {
    MapperOptions options;
    options.effort = effort;
    options.memory = point.memory;
    return options;
  }

  std::int64_t analyze(const std::vector<MappedProgram>& segments, Timeline& timeline) {
    std::int64_t cycles = 0;
    commands = 0;
    for (const MappedProgram& segment : segments) {
      commands += segment.program.commands.size();
      if (!segment.program.layers.front().on_host)
        cycles += timeline.analyze(segment.program, weights).cycles;
    }
    return cycles;
  }
};

/// The same accelerator and memory: shapes of blocks and transfers are known.
void again(benchmark::State& state, Workload& workload) {
  const DesignPoint point = design_points().front();
  Timeline timeline(point.config, point.memory);
  std::int64_t cycles = workload.evaluate(point, timeline);
  for (auto _ : state) benchmark::DoNotOptimize(cycles = workload.evaluate(point, timeline));
  state.counters["cycles"] = static_cast<double>(cycles);
  state.counters["commands"] = static_cast<double>(workload.commands);
  state.SetItemsProcessed(state.iterations());
}

/// Another one each time: what a point has in common with others of the same lap is found out once. The scan
/// of the weights has seen its number of rows and its synchronization.
template <MappingEffort effort>
void explore(benchmark::State& state, Workload& workload) {
  const std::vector<DesignPoint> points = design_points();
  std::unique_ptr<Mapper> mapper;
  const auto evaluate = [&](const DesignPoint& point) {
    Timeline timeline(point.config, point.memory, mapper->shapes());
    return workload.analyze(*mapper->map_once(point.config, Workload::options_for(point, effort)), timeline);
  };
  mapper = std::make_unique<Mapper>(workload.network);
  for (const DesignPoint& point : points) evaluate(point);
  std::size_t next = 0;
  for (auto _ : state) {
    if (next % points.size() == 0) {
      state.PauseTiming();
      mapper = std::make_unique<Mapper>(workload.network);
      state.ResumeTiming();
    }
    benchmark::DoNotOptimize(evaluate(points[next++ % points.size()]));
  }
  state.counters["points"] = static_cast<double>(points.size());
  state.SetItemsProcessed(state.iterations());
}

/// A default accelerator, timeline and mapping from nothing, but for the scan.
template <MappingEffort effort>
void anew(benchmark::State& state, Workload& workload) {
  const DesignPoint point = design_points().front();
  for (auto _ : state) {
    Timeline timeline(point.config, point.memory);
    benchmark::DoNotOptimize(workload.evaluate(point, timeline, effort));
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  std::vector<std::string> names = zoo_names();
  names.insert(names.begin(), "fashion");
  for (const std::string& name : names) {
    // Made for the first of its benchmarks that runs, if any does.
    const auto workload = std::make_shared<std::unique_ptr<Workload>>();
    const auto add = [&](const char* what, void (*body)(benchmark::State&, Workload&)) {
      benchmark::RegisterBenchmark((name + "/" + what).c_str(), [=](benchmark::State& state) {
        if (!*workload) *workload = std::make_unique<Workload>(name);
        body(state, **workload);
      })->Unit(benchmark::kMicrosecond);
    };
    add("again", again);
    add("anew", anew<MappingEffort::kFast>);
    add("anew_good", anew<MappingEffort::kGood>);
    add("explore", explore<MappingEffort::kFast>);
    add("explore_good", explore<MappingEffort::kGood>);
  }
  benchmark::RunSpecifiedBenchmarks();
}
