// The `analytic` level: the cycles, activities and events of a program under the `ideal` memory, equal to the
// clocked level's, without touching data. Every edge of docs/timing.md is a maximum over earlier edges plus a
// constant, so one pass over the commands in the order of the program finds them all.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/activity_ledger.h"
#include "hw/timeline/command_fetch.h"
#include "hw/timeline/compute/array_trace.h"
#include "hw/timeline/engine_timings.h"
#include "hw/timeline/shape_timings.h"
#include "hw/timeline/weights/resident_weights.h"
#include "hw/timeline/weights/row_groups.h"

namespace bitbalance::timeline {

struct Analysis {
  std::int64_t cycles = 0;  ///< what the CYCLES register says
  Profile profile;
};

/// For many programs on one accelerator: remembers what it found out about shapes of blocks and transfers.
class Timeline {
 public:
  /// `shapes`: shared with timelines of other machines.
  Timeline(const AcceleratorConfig& config, const IdealMemoryTiming& memory,
           const std::shared_ptr<ShapeTimings>& shapes = std::make_shared<ShapeTimings>());
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  /// `weights`: those of the program, or of the network that it was mapped from. Precondition: the
  /// accelerator accepts every command. Throws std::invalid_argument when the program would wait forever, or
  /// computes with weights that it did not load.
  Analysis analyze(const Program& program, RowGroups& weights);
  /// The same, and tells `observer` all but bursts.
  Analysis analyze(const Program& program, RowGroups& weights, ExecutionObserver& observer);
  /// The cycles alone, in less time.
  std::int64_t cycles(const Program& program, RowGroups& weights);

 private:
  static constexpr std::size_t kMostQueued = AcceleratorConfig::kMaxQueueDepth;

  /// A command in its engine's queue, or one that waits there for a flag that nobody has given yet.
  struct Queued {
    const Command* command = nullptr;
    const RowGroupSteps* groups = nullptr;  ///< of a compute command
    Edge dispatched = 0;
  };
  /// Flags of one engine for another, in the order in which they are given and consumed.
  struct Flags {
    std::vector<Edge> given;
    std::size_t consumed = 0;
    void clear() {
      given.clear();
      consumed = 0;
    }
    bool ready() const { return consumed < given.size(); }
  };
  struct EngineState {
    std::array<Queued, kMostQueued> queue{};
    std::size_t dispatched = 0, issued = 0;  ///< commands
    std::array<Edge, kMostQueued> issues{};  ///< of the last commands, by number
    Edge free = 0;                           ///< first edge at which it takes another command
    std::array<Flags, kEngines> flags;

    /// The first engine whose flag the command waits for.
    std::optional<Engine> missing(const Command& command) const {
      return first_missing(command.header.wait, [&](Engine from) { return flags[enum_index(from)].ready(); });
    }
  };
  using Outcome = EngineTimings::Outcome;

  std::int64_t run(const Program& program, RowGroups& weights, bool with_accounts);
  void restart(bool with_accounts);
  /// Edge of the record's dispatch, fetched as early as it can be; kNever: it never is.
  Edge dispatch(const Command& command, Edge fetched);
  /// Issues what waits in the engine's queue, as far as its flags have been given.
  bool issue(Engine engine);
  void issue_all();
  /// Precondition: with accounts.
  void count(const Queued& queued, const Outcome& outcome);
  /// The engine does `activity` up to before edge `end`. Precondition: with accounts.
  void account(Engine engine, Activity activity, Edge end) {
    ledger_.add(engine, activity, end);
    if (observer_ != nullptr) tell_activity(engine, activity, end);
  }
  void tell_activity(Engine engine, Activity activity, Edge end);
  void tell_command(Engine engine, const Command& command, Edge issued, const Outcome& outcome);
  [[noreturn]] void refuse_stuck(const Program& program) const;

  EventCounts& events_of(const Command& command) { return profile_.layer(command.header.layer).events; }

  const AcceleratorConfig config_;
  EngineTimings timings_;
  CommandFetch fetch_;

  bool with_accounts_ = true;
  Profile profile_;
  ActivityLedger ledger_;
  ExecutionObserver* observer_ = nullptr;  ///< not without accounts
  std::array<Edge, kEngines> told_{};      ///< up to before this edge
  EventCounts events_before_;              ///< of the layer, when the command at hand was issued
  ArrayTrace array_trace_;
  std::array<EngineState, kEngines> engines_;
  std::size_t waiting_ = 0;  ///< commands in queues that are not issued
  Edge idle_ = 0;            ///< first edge at which all that was issued has completed
  Edge last_dispatch_ = 0;
  ResidentWeights resident_;
};

/// One program.
Analysis analyze(const Program& program, const AcceleratorConfig& config, const IdealMemoryTiming& memory,
                 RowGroups& weights);

}  // namespace bitbalance::timeline
