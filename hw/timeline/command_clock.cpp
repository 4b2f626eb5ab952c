#include "hw/timeline/command_clock.h"

#include <algorithm>

#include "base/text/enum_index.h"

namespace bitbalance::timeline {

void CommandClock::restart() {
  fetch_.restart();
  timings_.restart();
  for (EngineState& engine : engines_) {
    engine.commands = 0;
    engine.free = 0;
  }
  idle_ = last_dispatch_ = 0;
  last_transfer_ = nullptr;
}

Edge CommandClock::append(const Command& command, const RowGroupSteps* groups, Edge ready) {
  last_transfer_ = nullptr;
  Edge dispatched = std::max(fetch_.next(), last_dispatch_) + 1;
  if (!has_engine(command)) {
    last_dispatch_ = std::max(dispatched, idle_);
    fetch_.dispatched(last_dispatch_);
    return last_dispatch_;
  }
  EngineState& engine = engines_[enum_index(engine_of(command))];
  if (engine.commands >= queue_depth_)  // one must have left the queue
    dispatched = std::max(dispatched, engine.issues[(engine.commands - queue_depth_) % kMostQueued]);
  last_dispatch_ = dispatched;
  fetch_.dispatched(dispatched);

  const Edge issued = std::max({engine.free, dispatched + 1, ready});
  engine.issues[engine.commands++ % kMostQueued] = issued;
  const EngineTimings::Outcome outcome = timings_.perform(command, groups, issued + 1);
  engine.free = outcome.accepted;
  idle_ = std::max(idle_, outcome.completed);
  last_transfer_ = outcome.transfer;
  return outcome.completed;
}

}  // namespace bitbalance::timeline
