// Ready/valid channel between two clocked units: a two-entry elastic buffer whose valid and ready are
// registers. What is pushed at one clock edge can be popped at the next; nothing depends on the order in
// which units are called.
#pragma once

#include <array>

#include "hw/rtl/channel/channel_state.h"
#include "hw/rtl/channel/transfer_if.h"

namespace bitbalance::rtl {

/// One producer, one consumer.
template <class T>
class Channel final : public ChannelState, public PushIf<T>, public PopIf<T> {
 public:
  explicit Channel(const char* name) : ChannelState(name) {}

  bool can_push() const override { return has_room(); }
  T& push() override {
    note_push();
    return entries_[first_free()];
  }
  using PushIf<T>::push;
  bool full() const override { return will_be_full(); }

  bool can_pop() const override { return has_entry(); }
  const T& front() const override { return entries_[first()]; }
  void pop() override { note_pop(); }
  bool empty() const override { return will_be_empty(); }

  void wake_after_pop(Clocked& producer) override { set_producer(producer); }
  void wake_after_push(Clocked& consumer) override { set_consumer(consumer); }

 private:
  std::array<T, kDepth> entries_{};
};

}  // namespace bitbalance::rtl
