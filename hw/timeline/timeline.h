// The `analytic` level: the cycles, activities and events of a program under the `ideal` memory, equal to the
// clocked level's, without touching data. The commands' timeline from closed-form durations.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/channel_timing.h"
#include "hw/isa/config.h"
#include "hw/isa/profile.h"
#include "hw/isa/program.h"
#include "hw/timeline/command_schedule.h"
#include "hw/timeline/compute_timeline.h"
#include "hw/timeline/transfer_timing.h"
#include "hw/timeline/weight_statistics.h"

namespace bitbalance::timeline {

struct Analysis {
  std::int64_t cycles = 0;  ///< what the CYCLES register says
  Profile profile;
};

/// For many programs on one accelerator: remembers what it found out about shapes of blocks and transfers.
class Timeline : private CommandSchedule::Host {
 public:
  Timeline(const AcceleratorConfig& config, const IdealMemoryTiming& memory);
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  /// `weights`: of the network that the program was mapped from. Precondition: the accelerator accepts every
  /// command. Throws std::invalid_argument when the program would wait forever, or computes with weights that
  /// it did not load.
  Analysis analyze(const Program& program, WeightStatistics& weights);

 private:
  void start(Engine engine, const Command& command, Edge edge) override;
  void fetch(Edge edge) override;
  Edge fetch_room() const override { return command_channel_.room(); }
  ActivityCycles array_activity(Edge edge) const override { return compute_.before(edge); }

  void find_row_groups(WeightStatistics& weights);
  EventCounts& events_of(const Command& command) { return profile_.layer(command.header.layer).events; }

  const AcceleratorConfig config_;
  TransferTiming transfers_;
  ComputeTimeline compute_;
  ChannelTiming command_channel_;
  const DataDurations::Duration fetch_duration_;
  Profile profile_;
  CommandSchedule schedule_;

  const Program* program_ = nullptr;
  std::vector<const RowGroupSteps*> row_groups_;  ///< by command: the first one of a compute command
  std::size_t next_record_ = 0;                   ///< 0: the header
};

/// One program.
Analysis analyze(const Program& program, const AcceleratorConfig& config, const IdealMemoryTiming& memory,
                 WeightStatistics& weights);

}  // namespace bitbalance::timeline
