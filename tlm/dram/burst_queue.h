// The bursts that a channel's scheduler chooses from, in order of age. Between channel and scheduler.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tlm/dram/address_map.h"
#include "tlm/dram/config.h"

namespace bitbalance::dram {

/// One burst of a transaction.
struct Burst {
  std::uint32_t transaction = 0;  ///< for whoever asked
  Location at;
  std::uint64_t number = 0;  ///< address / bytes of a burst
  std::uint32_t bytes = 0;   ///< that are asked for
  bool is_write = false;
  bool is_masked = false;  ///< a write of part of the burst that is a command of its own
  Cycle entered = 0;       ///< the queue
  bool was_activated = false, was_precharged = false;  ///< for its sake
};

inline bool same_row(const Burst& a, const Burst& b) {
  return a.at.bank == b.at.bank && a.at.row == b.at.row;
}

class BurstQueue {
 public:
  bool empty() const { return head_ == bursts_.size(); }
  std::size_t size() const { return bursts_.size() - head_; }
  /// By age, the oldest first.
  Burst& operator[](std::size_t index) { return bursts_[head_ + index]; }
  const Burst& operator[](std::size_t index) const { return bursts_[head_ + index]; }
  auto begin() const { return bursts_.begin() + static_cast<std::ptrdiff_t>(head_); }
  auto end() const { return bursts_.end(); }
  /// Whether all bursts want one row of one bank: then they go in the order of age, whatever the policy.
  bool is_of_one_row() const { return row_changes_ == 0; }

  void push(const Burst& burst) {
    if (head_ > kMostRoom) make_room();
    if (!empty() && !same_row(bursts_.back(), burst)) ++row_changes_;
    bursts_.push_back(burst);
  }
  /// Most often one of the oldest.
  void erase(std::size_t index) {
    const std::size_t last = size() - 1;
    if (index > 0 && !same_row((*this)[index - 1], (*this)[index])) --row_changes_;
    if (index < last && !same_row((*this)[index], (*this)[index + 1])) --row_changes_;
    if (index > 0 && index < last && !same_row((*this)[index - 1], (*this)[index + 1])) ++row_changes_;
    const auto first = bursts_.begin() + static_cast<std::ptrdiff_t>(head_);
    std::move_backward(first, first + static_cast<std::ptrdiff_t>(index),
                       first + static_cast<std::ptrdiff_t>(index) + 1);
    ++head_;
  }

 private:
  static constexpr std::size_t kMostRoom = 1024;  ///< bursts

  void make_room() {
    bursts_.erase(bursts_.begin(), begin());
    head_ = 0;
  }

  std::vector<Burst> bursts_;
  std::size_t head_ = 0;  ///< place of the oldest; what is before it is gone
  int row_changes_ = 0;   ///< neighbours that want different rows
};

}  // namespace bitbalance::dram
