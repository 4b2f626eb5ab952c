// Ready/valid channel between two clocked units: a two-entry elastic buffer whose valid and ready are
// registers. What is pushed at one clock edge can be popped at the next; nothing depends on the order in
// which units are called.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <systemc>

#include "hw/rtl/signal_list.h"
#include "hw/rtl/stall.h"
#include "hw/rtl/transfer_if.h"

namespace bitbalance::rtl {

/// One producer, one consumer. Two entries sustain one transfer a cycle.
template <class T>
class Channel final : public sc_core::sc_prim_channel, public PushIf<T>, public PopIf<T>, private Clearable {
 public:
  explicit Channel(const char* name) : sc_prim_channel(name) {}

  bool can_push() const override { return count_ < kDepth && !(stall_ && stall_->blocks_push()); }
  void push(const T& value) override {
    sc_assert(count_ < kDepth && !pushed_);
    entries_[(head_ + count_) % kDepth] = value;
    pushed_ = true;
    request_update();
  }
  bool full() const override { return count_ + static_cast<unsigned>(pushed_) == kDepth; }

  bool can_pop() const override { return count_ > 0 && !(stall_ && stall_->blocks_pop()); }
  const T& front() const override { return entries_[head_]; }
  void pop() override {
    sc_assert(count_ > 0 && !popped_);
    popped_ = true;
    request_update();
  }
  bool empty() const override { return count_ == static_cast<unsigned>(popped_); }

  void wake_after_pop(Clocked& producer) override {
    producer_ = &producer;
    producer.clears(*this);
  }
  void wake_after_push(Clocked& consumer) override {
    consumer_ = &consumer;
    consumer.clears(*this);
  }

  /// Refuse transfers at random from now on (tests of data and deadlock); nullptr: never.
  void set_stall(Stall* stall) { stall_ = stall; }

  void describe(SignalList& signals) const {
    signals.add(*this, "valid", valid_);
    signals.add(*this, "ready", ready_);
  }

 private:
  static constexpr unsigned kDepth = 2;

  void clear() override {
    cleared_ = true;
    request_update();
  }
  void update() override {
    if (cleared_) {
      head_ = count_ = 0;
    } else {
      head_ = (head_ + static_cast<unsigned>(popped_)) % kDepth;
      count_ += static_cast<unsigned>(pushed_) - static_cast<unsigned>(popped_);
      if (pushed_ && consumer_ != nullptr) consumer_->wake();
      if (popped_ && producer_ != nullptr) producer_->wake();
    }
    pushed_ = popped_ = cleared_ = false;
    valid_ = count_ > 0;
    ready_ = count_ < kDepth;
  }

  std::array<T, kDepth> entries_{};
  unsigned head_ = 0;
  unsigned count_ = 0;
  bool pushed_ = false;
  bool popped_ = false;
  bool cleared_ = false;
  bool valid_ = false;
  bool ready_ = true;
  Stall* stall_ = nullptr;
  Clocked* producer_ = nullptr;
  Clocked* consumer_ = nullptr;
};

}  // namespace bitbalance::rtl
