#include "testbench/run/analytic.h"

#include <chrono>
#include <memory>
#include <optional>

#include "testbench/run/program_set.h"
#include "testbench/run/timing/program_timing.h"

namespace bitbalance::runner {
namespace {

/// A batch of so many images, and where its programs lie.
struct Batch {
  int images = 0;
  std::shared_ptr<const std::vector<MappedProgram>> segments;
  std::vector<std::uint64_t> constants;  ///< addresses, by segment
};

class AnalyticRun {
 public:
  AnalyticRun(const Mapper& mapper, int images, RunReport& report, RunTrace* trace)
      : mapper_(mapper), report_(report), trace_(trace) {
    const Scenario& scenario = report.scenario;
    for (const int size : batch_sizes(scenario.network.batch, images)) {
      Batch& batch = batches_.emplace_back();
      batch.images = size;
      batch.segments =
          mapper.map_once(scenario.accelerator, mapper_options(scenario, mapper.network(), size));
      for (const MappedProgram& mapped : *batch.segments)
        batch.constants.push_back(layout_.add(mapped.program));
    }
    timing_.emplace(scenario.accelerator, scenario.memory, layout_.memory_bytes(), mapper.shapes());
  }

  ChosenMappings run(int images) {
    while (report_.frames < images) {
      const int left = images - report_.frames;
      const Batch& batch = left >= batches_.front().images ? batches_.front() : batches_.back();
      const int count = timing_->repeats() && trace_ == nullptr ? left / batch.images : 1;
      for (std::size_t i = 0; i < batch.segments->size(); ++i)
        add((*batch.segments)[i].program, batch.constants[i], count);
      report_.frames += batch.images * count;
    }
    report_.memory = timing_->statistics();
    ChosenMappings chosen;
    for (const Batch& batch : batches_) {
      for (const MappedProgram& mapped : *batch.segments) chosen.add(mapped, &batch == &batches_.front());
    }
    return chosen;
  }

 private:
  /// What the program does in `count` runs, to its layers, which the report may not have yet.
  void add(const Program& program, std::uint64_t constants, int count) {
    const auto first = static_cast<std::size_t>(program.first_layer);
    std::vector<LayerReport>& layers = report_.layers;
    for (std::size_t i = 0; i < program.layers.size(); ++i) {
      const ProgramLayer& layer = program.layers[i];
      if (first + i == layers.size()) {
        layers.push_back(
            layer_report(layer, Level::kAnalytic, mapper_.network(), report_.scenario.accelerator));
      }
      LayerReport& report = layers[first + i];
      const std::int64_t images = std::int64_t{program.batch} * count;
      report.macs += layer.macs * images;
      report.comparison.total += mapper_.network().tensors[layer.output].shape.elements() * images;
    }
    if (program.layers.front().on_host) return;  // no commands
    if (trace_ != nullptr) trace_->expect(program, layers);
    const Analysis analysis =
        timing_->analyze(program, layout_.regions(program, constants), mapper_.weights(),
                         trace_ == nullptr ? nullptr : &trace_->observer());
    // From 0 on, where every program's header counts.
    for (std::size_t l = 0; l < analysis.profile.layers().size(); ++l) {
      for (int i = 0; i < count; ++i) layers[l].profile += analysis.profile.layers()[l];
    }
  }

  const Mapper& mapper_;
  RunReport& report_;
  RunTrace* const trace_;
  std::vector<Batch> batches_;  ///< full, then the rest
  MemoryLayout layout_;
  std::optional<ProgramTiming> timing_;
};

}  // namespace

ChosenMappings run_analytic(const TimingWorkload& workload, RunReport& report, RunTrace* trace) {
  return run_analytic(Mapper(workload.network), workload.images, report, trace);
}

ChosenMappings run_analytic(const Mapper& mapper, int images, RunReport& report, RunTrace* trace) {
  const auto start = std::chrono::steady_clock::now();
  report.network = mapper.network().name;
  report.outputs = output_reports(mapper.network());
  ChosenMappings chosen = AnalyticRun(mapper, images, report, trace).run(images);
  report.host.simulate_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return chosen;
}

}  // namespace bitbalance::runner
