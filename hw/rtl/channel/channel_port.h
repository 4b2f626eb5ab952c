// Ports of a clocked unit to channels, bound when the unit has been constructed. The calls of our own channel
// are not virtual: there are several in every cycle.
#pragma once

#include <systemc>

#include "hw/rtl/channel/channel.h"
#include "hw/rtl/channel/transfer_if.h"
#include "hw/rtl/clock/clocked.h"

namespace bitbalance::rtl {

template <class T>
class PushPort : public sc_core::sc_port<PushIf<T>> {
 public:
  explicit PushPort(const char* name) : sc_core::sc_port<PushIf<T>>(name) {}

  bool can_push() const { return channel_ != nullptr ? channel_->can_push() : (*this)->can_push(); }
  T& push() { return channel_ != nullptr ? channel_->push() : (*this)->push(); }
  void push(const T& value) { push() = value; }
  bool full() const { return channel_ != nullptr ? channel_->full() : (*this)->full(); }

 private:
  void end_of_elaboration() override {
    channel_ = dynamic_cast<Channel<T>*>(this->get_interface());
    if (auto* unit = dynamic_cast<Clocked*>(this->get_parent_object())) (*this)->wake_after_pop(*unit);
  }

  Channel<T>* channel_ = nullptr;  ///< nullptr: another implementation of the interface
};

template <class T>
class PopPort : public sc_core::sc_port<PopIf<T>> {
 public:
  explicit PopPort(const char* name) : sc_core::sc_port<PopIf<T>>(name) {}

  bool can_pop() const { return channel_ != nullptr ? channel_->can_pop() : (*this)->can_pop(); }
  const T& front() const { return channel_ != nullptr ? channel_->front() : (*this)->front(); }
  void pop() { channel_ != nullptr ? channel_->pop() : (*this)->pop(); }
  bool empty() const { return channel_ != nullptr ? channel_->empty() : (*this)->empty(); }

 private:
  void end_of_elaboration() override {
    channel_ = dynamic_cast<Channel<T>*>(this->get_interface());
    if (auto* unit = dynamic_cast<Clocked*>(this->get_parent_object())) (*this)->wake_after_push(*unit);
  }

  Channel<T>* channel_ = nullptr;  ///< nullptr: another implementation of the interface
};

}  // namespace bitbalance::rtl
