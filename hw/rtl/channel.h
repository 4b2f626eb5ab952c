// Ready/valid channel between two clocked units: a two-entry elastic buffer whose valid and ready are
// registers. What is pushed at one clock edge can be popped at the next; nothing depends on the order in
// which processes run.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <systemc>

#include "hw/rtl/signal_list.h"
#include "hw/rtl/stall.h"

namespace bitbalance::rtl {

/// One producer, one consumer, each at most one transfer a clock edge. `Depth` entries; 2 sustain one
/// transfer a cycle.
template <class T, unsigned Depth = 2>
class Channel : public sc_core::sc_prim_channel {
 public:
  explicit Channel(const char* name) : sc_prim_channel(name) {}

  bool can_push() const { return count_ < Depth && !(stall_ && stall_->blocks_push()); }
  /// Precondition: can_push().
  void push(const T& value) {
    sc_assert(count_ < Depth && !pushed_);
    entries_[(head_ + count_) % Depth] = value;
    pushed_ = true;
    request_update();
  }

  bool can_pop() const { return count_ > 0 && !(stall_ && stall_->blocks_pop()); }
  /// Precondition: can_pop().
  const T& front() const { return entries_[head_]; }
  void pop() {
    sc_assert(count_ > 0 && !popped_);
    popped_ = true;
    request_update();
  }
  /// Nothing inside and nothing on its way in, as of the last clock edge.
  bool empty() const { return count_ == 0; }

  /// Refuse transfers at random from now on (tests of data and deadlock); nullptr: never.
  void set_stall(Stall* stall) { stall_ = stall; }

  void describe(SignalList& signals, const std::string& prefix) const {
    signals.add(prefix + ".valid", valid_);
    signals.add(prefix + ".ready", ready_);
  }

 private:
  void update() override {
    if (popped_) head_ = (head_ + 1) % Depth;
    count_ += static_cast<unsigned>(pushed_) - static_cast<unsigned>(popped_);
    pushed_ = popped_ = false;
    valid_ = count_ > 0;
    ready_ = count_ < Depth;
  }

  std::array<T, Depth> entries_{};
  unsigned head_ = 0;
  unsigned count_ = 0;
  bool pushed_ = false;
  bool popped_ = false;
  bool valid_ = false;
  bool ready_ = true;
  Stall* stall_ = nullptr;
};

}  // namespace bitbalance::rtl
