#include "hw/isa/program/command_order.h"

#include <algorithm>
#include <deque>

namespace bitbalance::isa {
namespace {

using Index = CommandOrder::Index;
using Counts = CommandOrder::Counts;

void take_later(Counts& counts, const Counts& other) {
  for (std::size_t e = 0; e < kEngines; ++e) counts[e] = std::max(counts[e], other[e]);
}

}  // namespace

/// The schedule without time: each command that can start does so, and completes.
class OrderWalk {
 public:
  OrderWalk(const std::vector<Command>& commands, const AcceleratorConfig& config,
            const std::function<bool(Index)>& can_complete, CommandOrder& order)
      : commands_(commands),
        queue_depth_(static_cast<std::size_t>(config.queue_depth)),
        can_complete_(can_complete),
        order_(order) {}

  void run() {
    for (bool moves = true; moves;) {
      moves = false;
      while (next_ < commands_.size() && dispatch()) moves = true;
      for (std::size_t e = 0; e < kEngines; ++e)
        while (start_one(e)) moves = true;
    }
  }

 private:
  struct Progress {
    std::deque<Index> queue;
    /// By engine that gave them: flags not yet consumed, each as what has completed when it is given.
    std::array<std::deque<Counts>, kEngines> flags;
    Counts before{};  ///< what has completed whenever the next command starts, unless its flags say more
    bool stopped = false;
  };

  bool dispatch() {
    const Command& command = commands_[next_];
    if (std::holds_alternative<End>(command.body)) return false;
    if (has_engine(command)) {
      std::deque<Index>& queue = engines_[enum_index(engine_of(command))].queue;
      if (queue.size() == queue_depth_) return false;
      queue.push_back(next_++);
      return true;
    }
    const bool all_idle = std::all_of(engines_.begin(), engines_.end(), [](const Progress& engine) {
      return engine.queue.empty() && !engine.stopped;
    });
    if (!all_idle) return false;
    Counts all{};
    for (std::size_t e = 0; e < kEngines; ++e) all[e] = static_cast<Index>(order_.started_[e].size());
    for (Progress& engine : engines_) engine.before = all;
    ++next_;
    return true;
  }

  bool start_one(std::size_t e) {
    Progress& engine = engines_[e];
    if (engine.stopped || engine.queue.empty()) return false;
    const Index index = engine.queue.front();
    const CommandHeader& header = commands_[index].header;
    for (std::size_t from = 0; from < kEngines; ++from)
      if ((header.wait >> from & 1) != 0 && engine.flags[from].empty()) return false;
    engine.queue.pop_front();
    for (std::size_t from = 0; from < kEngines; ++from) {
      if ((header.wait >> from & 1) == 0) continue;
      take_later(engine.before, engine.flags[from].front());
      engine.flags[from].pop_front();
    }
    order_.started_[e].push_back(index);
    order_.before_[e].push_back(engine.before);
    engine.stopped = !can_complete_(index);
    if (!engine.stopped) complete(e, header.signal);
    return true;
  }

  void complete(std::size_t e, EngineMask signal) {
    Counts completed = engines_[e].before;
    completed[e] = static_cast<Index>(order_.started_[e].size());
    for (std::size_t to = 0; to < kEngines; ++to)
      if ((signal >> to & 1) != 0) engines_[to].flags[e].push_back(completed);
  }

  const std::vector<Command>& commands_;
  const std::size_t queue_depth_;
  const std::function<bool(Index)>& can_complete_;
  CommandOrder& order_;
  std::array<Progress, kEngines> engines_;
  Index next_ = 0;
};

CommandOrder::CommandOrder(const std::vector<Command>& commands, const AcceleratorConfig& config,
                           const std::function<bool(Index)>& can_complete) {
  OrderWalk(commands, config, can_complete, *this).run();
}

}  // namespace bitbalance::isa
