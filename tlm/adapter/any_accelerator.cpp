#include "tlm/adapter/any_accelerator.h"

#include "hw/port/clock_period.h"
#include "hw/rtl/accelerator.h"
#include "hw/rtl/clock/gated_clock.h"
#include "tlm/accelerator/accelerator.h"

namespace bitbalance::adapter {

struct AnyAccelerator::Inside {
  /// The clocked level with its clock.
  struct Clocked {
    rtl::GatedClock clock;
    sc_core::sc_signal<bool> reset{"reset"};  // never
    rtl::Accelerator accelerator;

    Clocked(const AcceleratorConfig& config, const AcceleratorOptions& options,
            const sc_core::sc_time& period)
        : clock("clock", period), accelerator("accelerator", config, options) {
      accelerator.clk(clock.signal);
      accelerator.rst(reset);
      accelerator.observe_clock_need([this](bool needed) { needed ? clock.start() : clock.stop(); });
      clock.start();
    }
  };

  struct Transactions {
    tlm_level::Accelerator accelerator;

    Transactions(const AcceleratorConfig& config, const AcceleratorOptions& options)
        : accelerator("accelerator", config, options) {}
  };

  std::unique_ptr<Clocked> clocked;
  std::unique_ptr<Transactions> transactions;

  /// Calls `act` with the accelerator that is there.
  template <class Action>
  decltype(auto) with(Action&& act) {
    return clocked ? act(clocked->accelerator) : act(transactions->accelerator);
  }
};

AnyAccelerator::AnyAccelerator(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                               const AnyAcceleratorOptions& options)
    : sc_module(name),
      options_(options),
      period_((check(config), port::clock_period(config))),
      inside_(std::make_unique<Inside>()) {
  if (options.level == Level::kRtl) {
    inside_->clocked = std::make_unique<Inside::Clocked>(config, options.accelerator, period_);
  } else {
    inside_->transactions = std::make_unique<Inside::Transactions>(config, options.accelerator);
  }
  inside_->with([this](auto& accelerator) {
    csr.bind(accelerator.csr);
    accelerator.mem.bind(mem);
    accelerator.irq(line_);
  });
  sc_core::sc_spawn_options method;
  method.spawn_method();
  method.dont_initialize();
  method.set_sensitivity(&line_.value_changed_event());
  method.set_sensitivity(&pulse_end_);
  sc_core::sc_spawn([this] { on_line(); }, "on_line", &method);
}

AnyAccelerator::~AnyAccelerator() = default;

Profile& AnyAccelerator::profile() {
  return inside_->with([](auto& accelerator) -> Profile& { return accelerator.profile(); });
}

const std::string& AnyAccelerator::fault_reason() const {
  return inside_->with([](auto& accelerator) -> const std::string& { return accelerator.fault_reason(); });
}

void AnyAccelerator::on_line() {
  const bool has_changed = line_.event();
  if (has_changed && options_.on_irq) options_.on_irq(line_.read());
  if (irq.size() == 0) return;
  if (options_.irq == InterruptStyle::kLevel) return irq->write(line_.read());
  if (!has_changed) return irq->write(false);
  if (!line_.read()) return;
  irq->write(true);
  pulse_end_.notify(period_);
}

}  // namespace bitbalance::adapter
