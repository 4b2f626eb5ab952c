// Either level of the accelerator behind one module, chosen at run time, for platforms: it needs neither
// clock nor reset outside, forgives what platforms often leave out, and shows its interrupt in the form that
// they take.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>

#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/port/accelerator_options.h"
#include "tlm/adapter/names.h"

namespace bitbalance::adapter {

enum class Level : std::uint8_t { kRtl, kTlm };

/// What the `irq` port shows of the accelerator's line.
enum class InterruptStyle : std::uint8_t {
  kLevel,  ///< the line itself
  kPulse,  ///< high for a clock period whenever the line rises
};

struct AnyAcceleratorOptions {
  Level level = Level::kTlm;
  AcceleratorOptions accelerator = tolerant();
  InterruptStyle irq = InterruptStyle::kLevel;
  /// Told each change of the line, if there is one; with or without a signal at `irq`.
  std::function<void(bool high)> on_irq;

  static AcceleratorOptions tolerant() {
    AcceleratorOptions options;
    options.tolerant_csr = options.tolerant_memory = true;
    return options;
  }
};

class AnyAccelerator : public sc_core::sc_module {
 public:
  tlm::tlm_target_socket<32> csr{"csr"};     ///< docs/registers.md
  tlm::tlm_initiator_socket<32> mem{"mem"};  ///< bursts; see docs/tutorial-plug-in.md
  /// May be left unbound.
  sc_core::sc_port<sc_core::sc_signal_inout_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND> irq{"irq"};

  /// The clocked level has a clock of its own, whose rising edges lie at multiples of the configuration's
  /// period. It stands still while the accelerator is idle. Throws std::invalid_argument when check(config)
  /// does.
  AnyAccelerator(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                 const AnyAcceleratorOptions& options = {});
  ~AnyAccelerator() override;
  AnyAccelerator(const AnyAccelerator&) = delete;
  AnyAccelerator& operator=(const AnyAccelerator&) = delete;

  /// The accounts of all programs since the last clear().
  Profile& profile();
  /// Why the last program was stopped, where registers cannot say; else empty.
  const std::string& fault_reason() const;

 private:
  struct Inside;  ///< the accelerator, and what it needs

  void on_line();

  const AnyAcceleratorOptions options_;
  const sc_core::sc_time period_;
  sc_core::sc_signal<bool> line_{"line"};
  sc_core::sc_event pulse_end_;
  std::unique_ptr<Inside> inside_;
};

}  // namespace bitbalance::adapter
