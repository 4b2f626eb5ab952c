// The two sides of a ready/valid channel between clocked units. Below the channel and the ports.
#pragma once

#include <systemc>

#include "hw/rtl/clock/clocked.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

/// At most one transfer per clock edge. What is pushed at one edge can be popped as many edges later as the
/// channel has stages.
template <class T>
class PushIf : public virtual sc_core::sc_interface {
 public:
  virtual bool can_push() const = 0;
  /// The entry that is sent, for the caller to fill in within this edge; it holds what was sent in it before.
  /// Precondition: can_push().
  virtual T& push() = 0;
  void push(const T& value) { push() = value; }
  /// No push is possible before a pop: the unit may sleep.
  virtual bool full() const = 0;
  /// The channel's to wake after every pop.
  virtual void wake_after_pop(Clocked& producer) = 0;
};

template <class T>
class PopIf : public virtual sc_core::sc_interface {
 public:
  virtual bool can_pop() const = 0;
  /// Precondition of both: can_pop().
  virtual const T& front() const = 0;
  virtual void pop() = 0;
  /// No pop is possible before a push: the unit may sleep.
  virtual bool empty() const = 0;
  /// The channel's to wake after every push.
  virtual void wake_after_push(Clocked& consumer) = 0;
};

}  // namespace bitbalance::rtl
