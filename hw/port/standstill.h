// Who waits for whom when nothing makes progress any more: what the watchdog of either level tells, in one
// line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "hw/isa/command/command.h"
#include "hw/port/names.h"

namespace bitbalance::port {

class Standstill {
 public:
  /// The command was handed to its engine. `index`: of the command in the program, here and below.
  void not_completed(const Command& command, std::uint32_t index);
  /// The command heads the queue of its engine. `missing`: the engine whose flag it waits for, if it waits
  /// for one.
  void not_started(const Command& command, std::uint32_t index, std::optional<Engine> missing);
  /// The command is fetched, and its queue has no room, or it waits for all engines.
  void not_dispatched(const Command& command, std::uint32_t index);
  void not_fetched();
  /// `bursts`: what a memory port knows of them; empty: none is under way.
  void unanswered(const std::string& bursts);

  std::string text() const;

 private:
  void add(const std::string& what);

  std::string text_;
};

}  // namespace bitbalance::port
