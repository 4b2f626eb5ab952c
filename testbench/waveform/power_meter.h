// The energy of a clocked run as its units count it, at any edge: what the power signals of a waveform show.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/cost/cost_model.h"
#include "hw/isa/account/execution_observer.h"
#include "hw/rtl/accelerator.h"
#include "testbench/waveform/names.h"

namespace bitbalance::waveform {

class PowerMeter : public ExecutionObserver {
 public:
  struct Energy {
    double core_j = 0;
    double dram_j = 0;
  };

  /// `widths`: of activations, by layer. Keeps a reference to the accelerator.
  PowerMeter(const rtl::Accelerator& accelerator, const CostModel& cost, std::vector<Width> widths,
             std::int64_t window_cycles);

  void program_started(Edge edge) override;
  void program_ended(Edge edge) override;

  /// Of the programs of the accelerator so far, which have taken that many cycles.
  Energy energy(std::int64_t cycles) const;
  /// Cycles over which power is averaged.
  std::int64_t window_cycles() const { return window_cycles_; }

 private:
  /// Actions of activations of 8 and of 16 bits.
  using Actions = std::array<ActionCounts, 2>;
  Actions counted() const;
  /// Of the programs that ended, and of the running one.
  Actions actions() const;

  const rtl::Accelerator& accelerator_;
  const CostModel cost_;
  const std::vector<Width> widths_;
  const std::int64_t window_cycles_;
  bool running_ = false;
  Actions before_{};    ///< of the programs that ended
  Actions at_start_{};  ///< in the profile when the program started
};

}  // namespace bitbalance::waveform
