#include "tlm/dram/controller/burst_queue.h"

namespace bitbalance::dram {

BurstQueue::BurstQueue(int banks, int places)
    : slots_(static_cast<std::size_t>(places)), lists_(static_cast<std::size_t>(banks)) {
  for (Place place = places - 1; place >= 0; --place) {
    slots_[place].next = free_;
    free_ = place;
  }
}

BurstQueue::Place BurstQueue::oldest() const {
  Place oldest = kNone;
  for (std::uint64_t left = wanted_; left != 0; left &= left - 1) {
    const Place first = lists_[lowest_one(left)].first;
    if (oldest == kNone || slots_[first].burst.arrival < slots_[oldest].burst.arrival) oldest = first;
  }
  return oldest;
}

BurstQueue::Place BurstQueue::push(const Burst& burst) {
  const Place place = free_;
  Slot& slot = slots_[place];
  free_ = slot.next;
  List& list = lists_[burst.at.bank];
  slot = {burst, kNone, list.last};
  (list.last == kNone ? list.first : slots_[list.last].next) = place;
  list.last = place;
  wanted_ |= std::uint64_t{1} << burst.at.bank;
  ++size_;
  return place;
}

void BurstQueue::erase(Place place) {
  Slot& slot = slots_[place];
  List& list = lists_[slot.burst.at.bank];
  (slot.previous == kNone ? list.first : slots_[slot.previous].next) = slot.next;
  (slot.next == kNone ? list.last : slots_[slot.next].previous) = slot.previous;
  if (list.opener == place) list.opener = kNone;
  if (list.first == kNone) wanted_ &= ~(std::uint64_t{1} << slot.burst.at.bank);
  slot.next = free_;
  free_ = place;
  --size_;
}

}  // namespace bitbalance::dram
