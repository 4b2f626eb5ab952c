// What a channel knows beside its entries: how many there are, what happened at this edge, and whom that
// wakes. Below the channel, above the clock domain that lets it take effect.
#pragma once

#include <cstdint>
#include <systemc>

#include "hw/rtl/channel/stall.h"
#include "hw/rtl/clock/clock_domain.h"
#include "hw/rtl/clock/clocked.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

/// Two entries: enough for one transfer a cycle where valid and ready are registers.
class ChannelState : public sc_core::sc_prim_channel, private Clearable {
 public:
  /// Refuse transfers at random from now on (tests of data and deadlock); nullptr: never.
  void set_stall(Stall* stall) { stall_ = stall; }

  void describe(SignalList& signals) const {
    signals.add(*this, "valid", valid_);
    signals.add(*this, "ready", ready_);
  }

  /// What was pushed and popped at this edge takes effect, once every unit has seen the edge.
  void commit() {
    if (cleared_) {
      head_ = count_ = 0;
    } else {
      head_ = (head_ + static_cast<unsigned>(popped_)) % kDepth;
      count_ += static_cast<unsigned>(pushed_) - static_cast<unsigned>(popped_);
      if (consumer_ != nullptr) consumer_->wake_if(pushed_);
      if (producer_ != nullptr) producer_->wake_if(popped_);
    }
    pushed_ = popped_ = cleared_ = false;
    valid_ = count_ > 0;
    ready_ = count_ < kDepth;
  }

 protected:
  static constexpr unsigned kDepth = 2;

  explicit ChannelState(const char* name) : sc_prim_channel(name) {}

  bool has_room() const { return count_ < kDepth && !(stall_ != nullptr && stall_->blocks_push()); }
  bool has_entry() const { return count_ > 0 && !(stall_ != nullptr && stall_->blocks_pop()); }
  bool will_be_full() const { return count_ + static_cast<unsigned>(pushed_) == kDepth; }
  bool will_be_empty() const { return count_ == static_cast<unsigned>(popped_); }
  /// Entries by number.
  unsigned first() const { return head_; }
  unsigned first_free() const { return (head_ + count_) % kDepth; }

  void note_push() {
    sc_assert(count_ < kDepth && !pushed_);
    note_change();
    pushed_ = true;
  }
  void note_pop() {
    sc_assert(count_ > 0 && !popped_);
    note_change();
    popped_ = true;
  }
  void set_producer(Clocked& producer) {
    producer_ = &producer;
    producer.clears(*this);
  }
  void set_consumer(Clocked& consumer) {
    consumer_ = &consumer;
    consumer.clears(*this);
  }

 private:
  void clear() override {
    note_change();
    cleared_ = true;
  }
  /// Between units of one domain, whose process calls both, the kernel's update phase is not needed.
  void note_change() {
    if (pushed_ || popped_ || cleared_) return;
    if (domain_ != nullptr && domain_->is_at_edge()) {
      domain_->commit_later(*this);
    } else {
      request_update();
    }
  }
  void update() override { commit(); }
  void start_of_simulation() override {
    if (producer_ != nullptr && consumer_ != nullptr && &producer_->domain() == &consumer_->domain())
      domain_ = &producer_->domain();
  }

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
  ClockDomain* domain_ = nullptr;  ///< of both, if it is one
};

}  // namespace bitbalance::rtl
