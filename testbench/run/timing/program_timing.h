// How long programs take on a scenario's accelerator and memory, one after the other, without data.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hw/compiler/mapper.h"
#include "hw/timeline/bursts/burst_timeline.h"
#include "hw/timeline/timeline.h"
#include "testbench/run/names.h"
#include "testbench/run/system/program_regions.h"
#include "testbench/run/timing/dram_bursts.h"
#include "testbench/scenario/scenario.h"

namespace bitbalance::runner {

class ProgramTiming {
 public:
  /// `memory_bytes`: that the programs use. `shapes`: as Timeline's. Throws ConfigError when the DRAM is
  /// smaller.
  ProgramTiming(const AcceleratorConfig& config, const MemorySettings& memory, std::uint64_t memory_bytes,
                const std::shared_ptr<ShapeTimings>& shapes = std::make_shared<ShapeTimings>());

  /// Whether a program takes as long whenever it runs.
  bool repeats() const { return timeline_ != nullptr; }
  /// The next program. Preconditions and exceptions are those of Timeline::analyze. `observer`: nullptr:
  /// nobody.
  Analysis analyze(const Program& program, const ProgramRegions& regions, RowGroups& weights,
                   ExecutionObserver* observer = nullptr);
  /// What the memory counted up to the end of the last program; the ideal one counts nothing.
  std::vector<Statistic> statistics();

 private:
  std::unique_ptr<Timeline> timeline_;  ///< under the ideal memory
  std::unique_ptr<DramBursts> dram_;    ///< else
  std::unique_ptr<BurstTimeline> bursts_;
  Edge end_ = 0;  ///< of the last program
};

/// Of each program of a batch, the first to use the memory; of layers on the host alone nothing.
std::vector<Analysis> time_batch(const std::vector<MappedProgram>& segments, const AcceleratorConfig& config,
                                 const MemorySettings& memory, RowGroups& weights);

}  // namespace bitbalance::runner
