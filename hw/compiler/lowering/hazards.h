// Keeps a program's commands from disturbing each other: places regions in on-chip buffers used as rings,
// remembers which commands must have finished before a place is used again, and turns such orders into
// dependence flags.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/compiler/names.h"
#include "hw/isa/command/command.h"

namespace bitbalance::compiler {

/// Position of a command in the program.
using CommandIndex = std::uint32_t;

/// Commands that must have completed before another starts; kept as the latest one of each engine, since
/// engines work in order.
class Prerequisites {
 public:
  void add(Engine engine, CommandIndex index) {
    CommandIndex& end = end_[enum_index(engine)];
    end = std::max(end, index + 1);
  }
  void add(const Prerequisites& other) {
    for (std::size_t e = 0; e < kEngines; ++e) end_[e] = std::max(end_[e], other.end_[e]);
  }
  /// Index of the latest prerequisite on `engine`, if any.
  std::optional<CommandIndex> latest(Engine engine) const {
    const CommandIndex end = end_[enum_index(engine)];
    return end == 0 ? std::nullopt : std::optional(end - 1);
  }

 private:
  std::array<CommandIndex, kEngines> end_{};  ///< the index after the latest; 0: none
};

/// Where regions of a buffer end.
enum class Regions {
  kContiguous,  ///< at the buffer's end at the latest: what is left of it stays empty
  kMayWrap,     ///< anywhere, and what is beyond the buffer's end is at its beginning
};

/// A buffer of `capacity` units handed out in ring order.
class RingBuffer {
 public:
  RingBuffer(std::int64_t capacity, Regions regions) : capacity_(capacity), regions_(regions) {}

  struct Region {
    std::int64_t begin = 0;
    std::size_t id = 0;
    Prerequisites free;  ///< what must have completed before the region is written
  };
  /// Precondition: 0 < size <= capacity. `align` is a power of two that divides the capacity.
  Region allocate(std::int64_t size, std::int64_t align = 1);
  /// The command uses region `id`: whoever gets its place later waits for it.
  void used_by(std::size_t id, Engine engine, CommandIndex index);

  // Of the first and of the last region; 0: there is none.
  std::int64_t first_size() const { return first_size_; }
  std::int64_t last_size() const { return last_size_; }

 private:
  struct Live {
    std::int64_t begin;  ///< as head_
    Prerequisites users;
  };
  std::int64_t capacity_;
  Regions regions_;
  std::int64_t head_ = 0;        ///< in ever-growing ring addresses
  std::int64_t head_place_ = 0;  ///< in the buffer
  std::int64_t first_size_ = 0, last_size_ = 0;
  std::size_t next_id_ = 0;
  std::deque<Live> live_;  ///< the last ones allocated, in order
  Prerequisites carried_;  ///< users of all that has been overwritten
};

/// Writes wait and signal flags: each command starts after its prerequisites. A flag is matched one to one,
/// and a command whose prerequisite an earlier command of its engine already waited for needs none.
void set_dependence_flags(std::vector<Command>& commands, const std::vector<Prerequisites>& prerequisites);

}  // namespace bitbalance::compiler
