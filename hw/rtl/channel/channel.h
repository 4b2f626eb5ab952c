// Ready/valid channel between two clocked units: an elastic buffer whose valid and ready are registers. What
// is pushed at one clock edge can be popped at the next, or as many edges later as the channel has stages;
// nothing depends on the order in which units are called.
#pragma once

#include <array>

#include "hw/rtl/channel/channel_state.h"
#include "hw/rtl/channel/transfer_if.h"

namespace bitbalance::rtl {

/// One producer, one consumer; both of one clock where there are several stages.
template <class T>
class Channel final : public ChannelState, public PushIf<T>, public PopIf<T> {
 public:
  /// `stages`: 1 to PipelineConfig::kMostStages.
  explicit Channel(const char* name, int stages = 1) : ChannelState(name, stages) {}

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
  std::array<T, kMostDepth> entries_{};
};

}  // namespace bitbalance::rtl
