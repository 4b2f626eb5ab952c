#include "testbench/run/timing/program_timing.h"

namespace bitbalance::runner {

ProgramTiming::ProgramTiming(const AcceleratorConfig& config, const MemorySettings& memory,
                             std::uint64_t memory_bytes, const std::shared_ptr<ShapeTimings>& shapes) {
  if (memory.model == MemoryKind::kIdeal) {
    timeline_ = std::make_unique<Timeline>(config, memory.ideal_timing(config.clock_hz), shapes);
    return;
  }
  dram_ = std::make_unique<DramBursts>(memory.dram.config, memory_bytes, period_ps(config));
  bursts_ = std::make_unique<BurstTimeline>(config, *dram_, shapes->tiles(config));
}

Analysis ProgramTiming::analyze(const Program& program, const ProgramRegions& regions, RowGroups& weights,
                                ExecutionObserver* observer) {
  if (timeline_) {
    return observer == nullptr ? timeline_->analyze(program, weights)
                               : timeline_->analyze(program, weights, *observer);
  }
  RegionMap map;
  map.base[static_cast<int>(Region::kConstants)] = regions.constants_base;
  map.base[static_cast<int>(Region::kData)] = regions.data_base;
  // The driver starts a program at the time at which the interrupt ends the one before: at the next edge.
  const Edge begin = end_ + 1;
  Analysis analysis = bursts_->analyze(program, map, weights, begin, observer);
  end_ = begin + analysis.cycles;
  return analysis;
}

std::vector<Statistic> ProgramTiming::statistics() {
  return dram_ ? dram_->statistics(end_) : std::vector<Statistic>{};
}

std::vector<Analysis> time_batch(const std::vector<MappedProgram>& segments, const AcceleratorConfig& config,
                                 const MemorySettings& memory, RowGroups& weights) {
  MemoryLayout layout;
  std::vector<std::uint64_t> constants;
  constants.reserve(segments.size());
  for (const MappedProgram& mapped : segments) constants.push_back(layout.add(mapped.program));
  ProgramTiming timing(config, memory, layout.memory_bytes());
  std::vector<Analysis> analyses(segments.size());
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const Program& program = segments[s].program;
    if (program.layers.front().on_host) continue;
    analyses[s] = timing.analyze(program, layout.regions(program, constants[s]), weights);
  }
  return analyses;
}

}  // namespace bitbalance::runner
