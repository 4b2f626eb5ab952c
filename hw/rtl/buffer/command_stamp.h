// Which command an access to an on-chip buffer belongs to, and what has completed whenever that command
// starts: what a check of hazards needs to know. Empty where the check is not built.
#pragma once

#include <array>
#include <cstdint>
#include <deque>

#include "base/text/enum_index.h"
#include "hw/isa/command/command.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

#ifdef BITBALANCE_HAZARD_CHECKS

/// By engine: how many of its commands have completed, counted from the start of the simulation.
using CompletedCounts = std::array<std::uint64_t, kEngines>;

struct CommandName {
  const char* opcode = nullptr;  ///< nullptr: nobody, whose accesses are no hazards
  std::uint32_t index = 0;       ///< in the program
  Engine engine = Engine::kLoad;
  std::uint64_t number = 0;  ///< of the engine's commands, counted as in CompletedCounts
};

struct CommandStamp : CommandName {
  CompletedCounts before{};  ///< what flags, the engine's order and barriers say

  bool is_after(const CommandName& other) const {
    return engine == other.engine || other.number < before[enum_index(other.engine)];
  }
};

/// The controller's: follows flags, as it gives and takes them, with what each of them says.
class CommandStamps {
 public:
  /// All commands of programs before have completed.
  void start_program() {
    flags_ = {};
    in_flight_ = {};
    barrier();
  }
  /// All that were issued have completed.
  void barrier() { before_.fill(issued_); }

  CommandStamp issue(const Command& command, std::uint32_t index) {
    const Engine engine = engine_of(command);
    CompletedCounts& before = before_[enum_index(engine)];
    for (std::size_t from = 0; from < kEngines; ++from) {
      if ((command.header.wait >> from & 1) == 0) continue;
      std::deque<CompletedCounts>& flags = flags_[enum_index(engine)][from];
      take_later(before, flags.front());
      flags.pop_front();
    }
    const CommandStamp stamp{{name_of(command), index, engine, issued_[enum_index(engine)]++}, before};
    in_flight_[enum_index(engine)].push_back(stamp);
    return stamp;
  }
  void complete(Engine engine, EngineMask signal) {
    const CommandStamp stamp = in_flight_[enum_index(engine)].front();
    in_flight_[enum_index(engine)].pop_front();
    CompletedCounts completed = stamp.before;
    completed[enum_index(engine)] = stamp.number + 1;
    for (std::size_t to = 0; to < kEngines; ++to)
      if ((signal >> to & 1) != 0) flags_[to][enum_index(engine)].push_back(completed);
  }

 private:
  static void take_later(CompletedCounts& counts, const CompletedCounts& other) {
    for (std::size_t e = 0; e < kEngines; ++e) counts[e] = counts[e] < other[e] ? other[e] : counts[e];
  }

  CompletedCounts issued_{};
  std::array<CompletedCounts, kEngines> before_{};
  std::array<std::deque<CommandStamp>, kEngines> in_flight_;
  /// [to][from]: given and not yet taken.
  std::array<std::array<std::deque<CompletedCounts>, kEngines>, kEngines> flags_;
};

#else

struct CommandStamp {};

class CommandStamps {
 public:
  void start_program() {}
  void barrier() {}
  CommandStamp issue(const Command& /*command*/, std::uint32_t /*index*/) { return {}; }
  void complete(Engine /*engine*/, EngineMask /*signal*/) {}
};

#endif

}  // namespace bitbalance::rtl
