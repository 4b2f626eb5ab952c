// The controller's decisions at every edge, without a clock: which command is fetched, dispatched, issued and
// complete when, and what each engine does in each cycle. Steps only at edges at which something can happen.
// Stands above the engines, whatever they are made of: durations, or transactions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/isa/account/execution_observer.h"
#include "hw/isa/account/profile.h"
#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/names.h"

namespace bitbalance::timeline {

/// Why a command or record is not performed; kNone: it is.
struct ScheduleFailure {
  ProgramFault cause = ProgramFault::kNone;
  std::uint32_t command = 0;  ///< index in the program; 0 also for the header
};

class CommandSchedule {
 public:
  /// The command's way into an engine, and the way of records from the memory.
  class Host {
   public:
    virtual ~Host() = default;
    /// Issued at `edge`: the engine pops it at edge + 1. Answers with completed(), for a compute command also
    /// with accepted(), before it steps to the edge after the one it names.
    virtual void start(Engine engine, const Command& command, Edge edge) = 0;
    /// The next record, the header first, is requested at `edge`. Answers with header() or record().
    virtual void fetch(Edge edge) = 0;
    /// First edge at which the command channel takes the next request.
    virtual Edge fetch_room() const = 0;
    /// What the array counted in the cycles before `edge`; busy, bank_conflict, drain_wait, stalled.
    virtual ActivityCycles array_activity(Edge edge) const = 0;
  };

  /// `profile`: where the layers' cycles and activities go.
  CommandSchedule(const AcceleratorConfig& config, Host& host, Profile& profile);

  /// Told about programs, commands and engines; nullptr: nobody.
  void set_observer(ExecutionObserver* observer) { observer_ = observer; }
  /// The program starts at `edge`; step(edge) comes next.
  void start(Edge edge);

  using Failure = ScheduleFailure;

  // What the host reports, for an edge that no step has passed. The first failure stops the schedule: it
  // starts nothing more, and is done when all that is under way has ended.
  /// The header's answer can be popped at `visible`; the program has `commands` records behind it.
  void header(Edge visible, std::uint32_t commands, const Failure& failure = {});
  /// The answer to a record can be popped at `visible`. The command must live until the program ends.
  void record(Edge visible, const Command& command, const Failure& failure = {});
  /// The engine pushes its oldest command's completion at `edge`.
  void completed(Engine engine, Edge edge, const Failure& failure = {}) {
    engines_[enum_index(engine)].completions.push({edge + 1, failure});
  }
  /// The last slot of the last compute command has been performed, or the command was refused and will not
  /// complete: pushed at `edge`.
  void accepted(Edge edge, const Failure& failure = {}) { acceptance_ = {edge + 1, failure}; }
  /// From the next step on; kNone: without a reason to report.
  void stop(const Failure& failure);
  /// The same from `edge` on, which lies behind the last step; nothing was to happen in between.
  void stop_at(Edge edge, const Failure& failure) {
    now_ = edge - 1;
    stop(failure);
  }

  /// Everything that the controller does at `edge`: next_edge(), or an earlier one at which the host reports.
  void step(Edge edge);
  /// First edge after the last step at which something can happen, as far as it is reported; kNever: the
  /// program is done, or waits for a report.
  Edge next_edge() const;

  bool done() const { return state_ == State::kDone; }
  bool stopping() const { return state_ == State::kStopping; }
  /// What stopped the schedule.
  const Failure& failure() const { return failure_; }
  /// From the start to the edge of the last step.
  std::int64_t cycles() const { return now_ - begin_; }
  std::uint32_t commands_done() const { return commands_done_; }
  /// Whose answers have been popped, without the header.
  std::uint32_t records_received() const { return received_; }
  /// Whether a vector command is issued and not completed.
  bool performs_vector() const { return engines_[enum_index(Engine::kVector)].occupied; }
  /// For messages: the oldest command that an engine has not completed, or the one that heads its queue.
  struct Unfinished {
    const Command* command = nullptr;
    bool is_issued = false;
    std::optional<Engine> missing;  ///< not issued: the first engine whose flag it lacks
  };
  /// As far as there are any, engine by engine.
  std::vector<Unfinished> unfinished() const;
  /// The next to be dispatched; nullptr: none is fetched.
  const Command* next_to_dispatch() const { return fetched_.empty() ? nullptr : fetched_.front().command; }
  /// Of the header or a record.
  bool awaits_fetch() const { return outstanding_fetches_ > 0; }
  /// Of the running or last program, in the cycles before `edge`, which no step has passed.
  std::int64_t busy_cycles(Engine engine, Edge edge) const;

 private:
  enum class State : std::uint8_t { kIdle, kHeader, kRunning, kStopping, kDone };

  /// First in, first out.
  template <class T, std::size_t Capacity>
  class Queue {
   public:
    static_assert((Capacity & (Capacity - 1)) == 0);
    bool empty() const { return head_ == tail_; }
    std::size_t size() const { return tail_ - head_; }
    const T& front() const { return entries_[head_ % Capacity]; }
    void push(const T& value) { entries_[tail_++ % Capacity] = value; }
    void pop() { ++head_; }
    void pop_back() { --tail_; }

   private:
    std::array<T, Capacity> entries_{};
    std::size_t head_ = 0, tail_ = 0;
  };

  static constexpr std::size_t kMostQueued = AcceleratorConfig::kMaxQueueDepth;
  static constexpr std::size_t kMostInFlight = AcceleratorConfig::kMaxInFlight;

  struct Report {
    Edge visible = 0;
    Failure failure;
  };
  struct EngineState {
    Queue<const Command*, kMostQueued> queue;
    Queue<const Command*, kMostInFlight> in_flight;  ///< issued, not completed
    Queue<Report, kMostInFlight> completions;
    bool occupied = false;                        ///< takes no command: not completed, compute: not accepted
    bool touched = false;                         ///< what issue() looks at may have changed
    std::array<std::uint32_t, kEngines> flags{};  ///< given by each engine, not yet consumed
    Activity activity = Activity::kNoCommand;     ///< from edge `since` on
    Edge since = 0;
    Edge told_from = 0;  ///< the observer is told `activity` from here on when it ends

    /// The first engine whose flag the command waits for.
    std::optional<Engine> missing(const Command& command) const {
      return first_missing(command.header.wait, [&](Engine from) { return flags[enum_index(from)] > 0; });
    }
  };
  struct Record {
    const Command* command = nullptr;  ///< nullptr: the header
    EngineState* engine = nullptr;     ///< whose queue takes it; nullptr: the controller's own
  };
  struct Arrival {
    Edge visible = 0;
    Record record;
    Failure failure;
  };

  /// Names the cycles up to this edge, and those from it on.
  void set_activity(std::size_t engine, Activity activity);
  void complete();
  void complete(Engine engine);
  void issue(Engine engine);
  bool can_dispatch(const Record& record) const;
  void dispatch();
  void fetch();
  void receive(const Arrival& arrival);
  bool wants_record() const;
  void finish_if_stopped();
  bool engines_are_idle() const;
  void close_layer(std::size_t layer);
  void end_program();
  void tell_activity(std::size_t engine);

  std::size_t queue_depth_;
  Host& host_;
  Profile& profile_;
  ExecutionObserver* observer_ = nullptr;

  State state_ = State::kIdle;
  Edge begin_ = 0, now_ = 0;
  bool again_ = false;  ///< the next edge can differ without a report
  std::array<EngineState, kEngines> engines_;
  Report acceptance_{kNever, {}};
  Failure failure_;

  std::uint32_t commands_ = 0, requested_ = 0, received_ = 0;  ///< records, without the header
  std::uint32_t outstanding_fetches_ = 0;                      ///< header included
  Queue<Arrival, 2 * AcceleratorConfig::kPrefetch> arrivals_;
  Queue<Record, AcceleratorConfig::kPrefetch> fetched_;
  std::uint32_t commands_done_ = 0;

  std::array<std::int64_t, kEngines> busy_{};              ///< up to the last layer's end
  std::array<ActivityCycles, kEngines> layer_activity_{};  ///< since then
  Edge layer_begin_ = 0;
  std::size_t last_layer_ = 0;
  ActivityCycles array_activity_{};  ///< as of the last layer's end
};

}  // namespace bitbalance::timeline
