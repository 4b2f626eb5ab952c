// The bursts that a channel's scheduler chooses from: by bank, the oldest first. Between channel and
// scheduler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tlm/dram/address_map.h"
#include "tlm/dram/config.h"

namespace bitbalance::dram {

/// One burst of a transaction.
struct Burst {
  std::uint32_t transaction = 0;  ///< for whoever asked
  std::uint32_t bytes = 0;        ///< that are asked for
  Location at;
  std::uint64_t number = 0;   ///< address / bytes of a burst
  Cycle entered = 0;          ///< the queue
  std::uint64_t arrival = 0;  ///< of two bursts of a channel the older one has the smaller
  bool is_write = false;
  bool is_masked = false;  ///< a write of part of the burst that is a command of its own
  bool was_activated = false, was_precharged = false;  ///< for its sake
};

inline bool same_row(const Burst& a, const Burst& b) {
  return a.at.bank == b.at.bank && a.at.row == b.at.row;
}

/// Position of the lowest one. Precondition: there is one.
constexpr int lowest_one(std::uint64_t bits) {
  return __builtin_ctzll(bits);
}

/// The bursts of one direction. They stay at their places, so nothing moves and nothing is allocated while
/// they come and go.
class BurstQueue {
 public:
  using Place = int;
  static constexpr Place kNone = -1;

  /// `banks`: of the channel, 64 at most.
  BurstQueue(int banks, int places);

  bool empty() const { return size_ == 0; }
  int size() const { return size_; }
  bool full() const { return free_ == kNone; }
  const Burst& operator[](Place place) const { return slots_[place].burst; }
  Burst& operator[](Place place) { return slots_[place].burst; }

  /// A bit for each bank that bursts want.
  std::uint64_t banks() const { return wanted_; }
  /// Of one bank, which has one.
  Place oldest(int bank) const { return lists_[bank].first; }
  /// Whether the youngest burst of a bank, if any, wants this row of it.
  bool ends_in_row(const Location& at) const {
    const Place last = lists_[at.bank].last;
    return last != kNone && slots_[last].burst.at.row == at.row;
  }
  /// The oldest burst of one row of it, from `place` on; kNone: none.
  Place oldest_of_row(Place place, int row) const {
    while (place != kNone && slots_[place].burst.at.row != row) place = slots_[place].next;
    return place;
  }
  /// The next younger one of its bank; kNone: none.
  Place next(Place place) const { return slots_[place].next; }
  /// Of all banks; the queue is not empty.
  Place oldest() const;
  /// The burst for which the bank's row was opened, until it leaves the queue; kNone: it was not for one of
  /// this queue.
  Place opener(int bank) const { return lists_[bank].opener; }
  void set_opener(int bank, Place place) { lists_[bank].opener = place; }
  /// A younger one than all others. The queue is not full.
  Place push(const Burst& burst);
  void erase(Place place);

  /// Whether `holds` is true of a burst of the bank.
  template <class Predicate>
  bool any_of(int bank, Predicate holds) const {
    for (Place place = lists_[bank].first; place != kNone; place = slots_[place].next) {
      if (holds(slots_[place].burst)) return true;
    }
    return false;
  }

 private:
  struct Slot {
    Burst burst;
    Place next = kNone, previous = kNone;  ///< of the bank; of free places `next` alone
  };
  struct List {
    Place first = kNone, last = kNone;
    Place opener = kNone;
  };

  std::vector<Slot> slots_;
  std::vector<List> lists_;  ///< by bank
  Place free_ = kNone;       ///< the first of a list
  std::uint64_t wanted_ = 0;
  int size_ = 0;
};

}  // namespace bitbalance::dram
