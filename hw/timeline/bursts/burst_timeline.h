// The `analytic` level under a memory whose time depends on what was before: the same decisions as level
// `tlm` takes, from edge to edge and burst by burst, with closed forms for the array and without data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "hw/isa/program/region_map.h"
#include "hw/timeline/bursts/burst_memory.h"
#include "hw/timeline/bursts/transfer_bursts.h"
#include "hw/timeline/command_schedule.h"
#include "hw/timeline/compute/array_trace.h"
#include "hw/timeline/compute/compute_timeline.h"
#include "hw/timeline/timeline.h"
#include "hw/timeline/weights/resident_weights.h"

namespace bitbalance::timeline {

/// For many programs, one after the other, on one accelerator and its memory.
class BurstTimeline : private CommandSchedule::Host, private BurstMemory::Client {
 public:
  /// Keeps a reference to the memory. `tiles`: as ComputeTimeline's.
  BurstTimeline(const AcceleratorConfig& config, BurstMemory& memory, std::shared_ptr<TileShapes> tiles);
  BurstTimeline(const BurstTimeline&) = delete;
  BurstTimeline& operator=(const BurstTimeline&) = delete;

  /// The program starts at edge `begin`, after the end of the one before. `regions`: where it lies in the
  /// memory. `observer`: told all but what commands count; nullptr: nobody. Preconditions and exceptions are
  /// those of Timeline::analyze.
  Analysis analyze(const Program& program, const RegionMap& regions, RowGroups& weights, Edge begin,
                   ExecutionObserver* observer = nullptr);

 private:
  class Fetches : public FetchBursts {
   public:
    explicit Fetches(BurstTimeline& timeline) : timeline_(timeline) {}
    void answer(const BurstAnswer& /*answer*/, Edge edge) override { timeline_.fetched(edge); }

   private:
    BurstTimeline& timeline_;
  };
  /// Requests of a channel, in their order: a ring.
  struct UnderWay {
    std::vector<Edge> answered;  ///< kNever: not yet
    std::size_t oldest = 0, next = 0;
    int count = 0;
  };

  // The schedule's host.
  void start(Engine engine, const Command& command, Edge edge) override;
  void fetch(Edge edge) override;
  Edge fetch_room() const override { return fetches_.room(port_); }
  ActivityCycles array_activity(Edge edge) const override { return compute_.before(edge); }

  // The memory's client.
  void answered(MemoryChannel channel, std::uint32_t number, Edge edge) override;

  void run();
  void send(MemoryChannel channel, Edge edge);
  void fetched(Edge edge);
  void begin_load(const Command& command, Edge popped);
  void compute(const Command& command, Edge popped);
  void complete_vector(const Command& command, Edge popped);
  void end_load(Edge edge);
  void end_store(Edge edge);
  [[noreturn]] void refuse_stuck() const;

  EventCounts& events_of(const Command& command) { return profile_.layer(command.header.layer).events; }
  std::size_t index_of(const Command& command) const {
    return static_cast<std::size_t>(&command - program_->commands.data());
  }

  const AcceleratorConfig config_;
  BurstMemory& memory_;
  Profile profile_;
  CommandSchedule schedule_;
  ComputeTimeline compute_;
  ResidentWeights resident_;
  Fetches fetches_;
  LoadBursts load_;
  StoreBursts store_;
  BurstPort port_;
  std::array<UnderWay, kMemoryChannels> under_way_;

  const Program* program_ = nullptr;
  RegionMap regions_;
  ExecutionObserver* observer_ = nullptr;
  ArrayTrace array_trace_;
  std::vector<const RowGroupSteps*> groups_;  ///< by command that was fetched
  std::size_t requested_ = 0;                 ///< records, with the header
  bool has_header_ = false;
  const Command* loading_ = nullptr;
  const Command* storing_ = nullptr;
};

}  // namespace bitbalance::timeline
