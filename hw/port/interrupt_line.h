// The interrupt output of an accelerator, driven from any process: the controller's at clock edges, and
// initiators' that write registers. Between the control registers and the `irq` port.
#pragma once

#include <systemc>

#include "hw/port/names.h"

namespace bitbalance::port {

class InterruptLine {
 public:
  /// During the construction of the module that has the port. Keeps the reference.
  explicit InterruptLine(sc_core::sc_out<bool>& port) : port_(port) {
    sc_core::sc_spawn_options options;
    options.spawn_method();
    options.dont_initialize();
    options.set_sensitivity(&change_);
    sc_core::sc_spawn([this] { port_.write(level_); }, "drive_irq", &options);
  }

  /// The signal behind the port changes in the delta cycle after this one. It has a single driver: a process
  /// of this class.
  void drive(bool level) {
    if (level == level_) return;
    level_ = level;
    change_.notify();
  }
  const bool& level() const { return level_; }

 private:
  sc_core::sc_out<bool>& port_;
  bool level_ = false;
  sc_core::sc_event change_;
};

}  // namespace bitbalance::port
