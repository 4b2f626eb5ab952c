#include "hw/compiler/lowering/hazards.h"

#include <algorithm>
#include <stdexcept>

namespace bitbalance::compiler {

RingBuffer::Region RingBuffer::allocate(std::int64_t size, std::int64_t align) {
  if (size <= 0 || size > capacity_) throw std::logic_error("a region that its buffer cannot hold");
  const std::int64_t skipped = -head_place_ & (align - 1);
  std::int64_t begin = head_ + skipped;
  std::int64_t place = (head_place_ + skipped) < capacity_ ? head_place_ + skipped : 0;
  if (regions_ == Regions::kContiguous && place + size > capacity_) {
    begin += capacity_ - place;
    place = 0;
  }
  const std::int64_t end = begin + size;

  if (next_id_ == 0) first_size_ = size;
  last_size_ = size;
  Region region{place, next_id_++, {}};
  // Whatever the head passes over (also what it skips) is gone: the oldest data of the ring.
  while (!live_.empty() && live_.front().begin + capacity_ < end) {
    carried_.add(live_.front().users);
    live_.pop_front();
  }
  region.free = carried_;
  live_.push_back({begin, {}});
  head_ = end;
  head_place_ = place + size < capacity_ ? place + size : place + size - capacity_;
  return region;
}

void RingBuffer::used_by(std::size_t id, Engine engine, CommandIndex index) {
  // Regions leave in the order of their ids.
  const std::size_t at = id - (next_id_ - live_.size());
  if (at >= live_.size()) throw std::logic_error("a command for a region that is gone");
  live_[at].users.add(engine, index);
}

void set_dependence_flags(std::vector<Command>& commands, const std::vector<Prerequisites>& prerequisites) {
  std::array<std::array<std::int64_t, kEngines>, kEngines>
      awaited;  // [waiter][producer]: latest command waited for
  for (auto& row : awaited) row.fill(-1);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (!has_engine(commands[i])) continue;
    const Engine waiter = engine_of(commands[i]);
    for (int p = 0; p < kEngines; ++p) {
      const auto producer = static_cast<Engine>(p);
      const std::optional<CommandIndex> latest = prerequisites[i].latest(producer);
      auto& seen = awaited[enum_index(waiter)][p];
      if (!latest || producer == waiter || *latest <= seen) continue;
      seen = *latest;
      commands[i].header.wait |= engine_bit(producer);
      commands[*latest].header.signal |= engine_bit(waiter);
    }
  }
}

}  // namespace bitbalance::compiler
