// Which commands of a program have completed whenever another one starts: what the dependence flags, the
// order of each engine and barriers say, whatever commands and memory take in time.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/isa/command/command.h"
#include "hw/isa/config.h"

namespace bitbalance::isa {

class CommandOrder {
 public:
  using Index = std::uint32_t;  ///< position in the program
  /// By engine: how many of its commands, counted from its first.
  using Counts = std::array<Index, kEngines>;

  /// Commands for which `can_complete` is false end the work of their engine: they set no flag, and what is
  /// after them does not start.
  CommandOrder(const std::vector<Command>& commands, const AcceleratorConfig& config,
               const std::function<bool(Index)>& can_complete);

  /// The commands that start, by engine in its order. The others wait forever.
  const std::vector<Index>& started(Engine engine) const { return started_[enum_index(engine)]; }
  /// What has completed whenever the engine's command number `position` starts.
  const Counts& before(Engine engine, std::size_t position) const {
    return before_[enum_index(engine)][position];
  }

 private:
  friend class OrderWalk;

  std::array<std::vector<Index>, kEngines> started_;
  std::array<std::vector<Counts>, kEngines> before_;
};

}  // namespace bitbalance::isa
