// The accelerator at one level of detail, with the driver software that runs programs on it. Stands in a
// System, which gives it memory.
#pragma once

#include <string>
#include <systemc>
#include <tlm>

#include "hw/isa/account/profile.h"
#include "hw/rtl/accelerator.h"
#include "hw/rtl/clock/gated_clock.h"
#include "testbench/run/system/driver.h"
#include "testbench/scenario/scenario.h"
#include "tlm/accelerator/accelerator.h"

namespace bitbalance::runner {

class Device : public sc_core::sc_module {
 public:
  Driver driver{"driver"};

  /// The accelerator's accounts.
  virtual Profile& profile() = 0;
  /// Why the last program was stopped, beyond what the registers say; empty: they say it all.
  virtual const std::string& fault_reason() const = 0;
  virtual tlm::tlm_initiator_socket<32>& mem() = 0;
  /// Whether edges come; a program needs them.
  virtual void run_clock(bool on) = 0;
  /// Told what the accelerator does; nullptr: nobody.
  virtual void set_observer(ExecutionObserver* observer) = 0;

 protected:
  explicit Device(const sc_core::sc_module_name& name) : sc_module(name) {}

  static AcceleratorOptions options_of(const Scenario& scenario) {
    return {scenario.run.watchdog_cycles, scenario.run.dmi, scenario.run.threads};
  }
  template <class Accelerator>
  void connect(Accelerator& accelerator) {
    accelerator.irq(irq_);
    driver.csr.bind(accelerator.csr);
    driver.irq(irq_);
  }

 private:
  sc_core::sc_signal<bool> irq_{"irq"};
};

class RtlDevice : public Device {
 public:
  rtl::GatedClock clock;
  sc_core::sc_signal<bool> reset{"reset"};
  rtl::Accelerator accelerator;

  RtlDevice(const sc_core::sc_module_name& name, const Scenario& scenario, const sc_core::sc_time& period)
      : Device(name),
        clock("clock", period),
        accelerator("accelerator", scenario.accelerator, options_of(scenario)) {
    accelerator.clk(clock.signal);
    accelerator.rst(reset);
    connect(accelerator);
  }

  Profile& profile() override { return accelerator.profile(); }
  const std::string& fault_reason() const override { return accelerator.fault_reason(); }
  tlm::tlm_initiator_socket<32>& mem() override { return accelerator.mem; }
  void run_clock(bool on) override { on ? clock.start() : clock.stop(); }
  void set_observer(ExecutionObserver* observer) override { accelerator.set_observer(observer); }
};

class TlmDevice : public Device {
 public:
  tlm_level::Accelerator accelerator;

  TlmDevice(const sc_core::sc_module_name& name, const Scenario& scenario)
      : Device(name), accelerator("accelerator", scenario.accelerator, options_of(scenario)) {
    tlm::tlm_global_quantum::instance().set(
        sc_core::sc_time(static_cast<double>(scenario.run.quantum_ns), sc_core::SC_NS));
    connect(accelerator);
  }

  Profile& profile() override { return accelerator.profile(); }
  const std::string& fault_reason() const override { return accelerator.fault_reason(); }
  tlm::tlm_initiator_socket<32>& mem() override { return accelerator.mem; }
  void run_clock(bool /*on*/) override {}  // has none
  void set_observer(ExecutionObserver* observer) override { accelerator.set_observer(observer); }
};

}  // namespace bitbalance::runner
