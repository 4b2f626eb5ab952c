// What a channel knows beside its entries: how many there are, what happened at this edge, and whom that
// wakes. Below the channel, above the clock domain that lets it take effect.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "hw/isa/config.h"
#include "hw/rtl/channel/random_stall.h"
#include "hw/rtl/clock/clock_domain.h"
#include "hw/rtl/clock/clocked.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

/// One entry more than it has stages: enough for one transfer a cycle where valid and ready are registers.
class ChannelState : public sc_core::sc_prim_channel, private Clearable {
 public:
  /// Refuse transfers at random from now on (tests of data and deadlock); nullptr: never.
  void set_stall(RandomStall* stall) { stall_ = stall; }

  void describe(SignalList& signals) const {
    signals.add(*this, "valid", valid_);
    signals.add(*this, "ready", ready_);
  }

  /// What was pushed and popped at this edge takes effect, once every unit has seen the edge.
  void commit() {
    if (cleared_) {
      head_ = count_ = 0;
    } else {
      head_ = wrapped(head_ + static_cast<unsigned>(popped_));
      count_ += static_cast<unsigned>(pushed_) - static_cast<unsigned>(popped_);
      if (consumer_ != nullptr) consumer_->wake_if(pushed_);
      if (producer_ != nullptr) producer_->wake_if(popped_);
    }
    pushed_ = popped_ = cleared_ = false;
    valid_ = count_ > 0;
    ready_ = count_ < depth_;
  }

 protected:
  static constexpr unsigned kMostStages = PipelineConfig::kMostStages;
  static constexpr unsigned kMostDepth = kMostStages + 1;

  ChannelState(const char* name, int stages)
      : sc_prim_channel(name), stages_(static_cast<unsigned>(stages)), depth_(stages_ + 1) {
    sc_assert(stages_ >= 1 && stages_ <= kMostStages);
  }

  bool has_room() const { return count_ < depth_ && !(stall_ != nullptr && stall_->blocks_push()); }
  bool has_entry() const {
    return count_ > 0 && (stages_ == 1 || has_arrived()) && !(stall_ != nullptr && stall_->blocks_pop());
  }
  bool will_be_full() const { return count_ + static_cast<unsigned>(pushed_) == depth_; }
  bool will_be_empty() const { return count_ == static_cast<unsigned>(popped_); }
  /// Entries by number.
  unsigned first() const { return head_; }
  unsigned first_free() const { return wrapped(head_ + count_); }

  void note_push() {
    sc_assert(count_ < depth_ && !pushed_);
    note_change();
    if (stages_ > 1) arrival_[first_free()] = producer_->domain().coming_edge() + stages_;
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
  unsigned wrapped(unsigned entry) const { return entry < depth_ ? entry : entry - depth_; }
  bool has_arrived() const { return arrival_[head_] <= consumer_->domain().coming_edge(); }
  void start_of_simulation() override {
    if (producer_ != nullptr && consumer_ != nullptr && &producer_->domain() == &consumer_->domain())
      domain_ = &producer_->domain();
  }

  const unsigned stages_, depth_;
  std::array<Edge, kMostDepth> arrival_{};  ///< of several stages: first edge to pop the entry at
  unsigned head_ = 0;
  unsigned count_ = 0;
  bool pushed_ = false;
  bool popped_ = false;
  bool cleared_ = false;
  bool valid_ = false;
  bool ready_ = true;
  RandomStall* stall_ = nullptr;
  Clocked* producer_ = nullptr;
  Clocked* consumer_ = nullptr;
  ClockDomain* domain_ = nullptr;  ///< of both, if it is one
};

}  // namespace bitbalance::rtl
