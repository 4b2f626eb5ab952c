// What every clocked unit is made of: a clock, a synchronous reset, and sleep while nothing that happens at
// an edge could concern it. Units of one clock and one reset share a clock domain.
#pragma once

#include <cstdint>
#include <memory>
#include <systemc>
#include <vector>

#include "hw/isa/edge.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class ClockDomain;
class SignalList;

/// What a reset empties: the channel behind a port.
class Clearable {
 public:
  virtual void clear() = 0;

 protected:
  ~Clearable() = default;
};

class Clocked : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk{"clk"};  ///< units work at its rising edges
  /// Synchronous, active high. At an edge at which it is high, control registers take their initial values
  /// and the channels of the unit's ports are emptied; memories, data registers and accounts keep what they
  /// hold.
  sc_core::sc_in<bool> rst{"rst"};

  ~Clocked() override;
  Clocked(const Clocked&) = delete;
  Clocked& operator=(const Clocked&) = delete;

  /// What the unit sleeps for may have come: it sees the next edge.
  void wake() { wake_if(true); }
  /// wake() if `comes`. Where much happens units are awake already, and then nothing is written: channels
  /// that wake one after the other would wait for each other's writes.
  void wake_if(bool comes) {
    const std::uint64_t others = *awake_;
    const auto is_asleep = static_cast<unsigned>((others & mask_) == 0);
    if ((is_asleep & static_cast<unsigned>(comes)) == 0) return;
    *awake_ = others | mask_;
    if (others == 0) rouse_domain();
  }
  /// The registers that can be traced, in the order that data flows.
  virtual void describe(SignalList& signals) const = 0;
  /// After elaboration.
  ClockDomain& domain() const { return *domain_; }
  /// For ports.
  void clears(Clearable& channel) { cleared_.push_back(&channel); }

 protected:
  explicit Clocked(const sc_core::sc_module_name& name);

  /// A rising edge without reset.
  virtual void on_clock() = 0;
  /// A rising edge with reset.
  virtual void reset() = 0;

  /// For sleep(): without end, but edges keep their numbers meanwhile, though nobody may be awake.
  static constexpr Edge kCounting = kNever - 1;
  /// The unit is not called at edges until wake() or, at the latest, at edge `at_latest`. Precondition: until
  /// then on_clock() would change nothing but counts that the unit makes up for; with kNever, not even those.
  void sleep(Edge at_latest = kNever);
  /// Number of the last edge of the clock or, within on_clock(), of this one; the first is 0.
  Edge edge() const { return *edge_; }

 private:
  friend class ClockDomain;
  void end_of_elaboration() override;
  void rouse_domain();

  std::shared_ptr<ClockDomain> domain_;
  std::vector<Clearable*> cleared_;
  // In the domain; here until it is known.
  std::uint64_t own_awake_ = 0;
  std::uint64_t* awake_ = &own_awake_;
  std::uint64_t mask_ = 0;
  Edge alarm_ = kNever;  ///< edge to be called at, at the latest, if asleep
  const std::int64_t* edge_;
};

}  // namespace bitbalance::rtl
