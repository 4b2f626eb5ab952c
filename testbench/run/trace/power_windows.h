// Sorts the energy of a run into windows of equally many cycles. Each command's actions (closed forms, equal
// to what the units count) are spread evenly over the cycles from its issue to its completion, so that every
// level of detail gives the same windows.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "hw/cost/cost_model.h"
#include "hw/isa/account/execution_observer.h"
#include "hw/isa/program/program.h"
#include "hw/timeline/timeline.h"
#include "hw/timeline/weights/weight_statistics.h"
#include "testbench/report/power_series.h"
#include "testbench/report/run_report.h"
#include "testbench/run/names.h"

namespace bitbalance::runner {

class PowerWindows : public ExecutionObserver {
 public:
  /// Keeps a reference. Precondition: `window_cycles` > 0.
  PowerWindows(std::int64_t window_cycles, const AcceleratorConfig& config, const QuantizedNetwork& network);

  /// The program that starts next, with its layers and those before it.
  void expect(const Program& program, const std::vector<LayerReport>& layers);

  void program_started(Edge edge) override { begin_ = edge; }
  void command_issued(Engine engine, const Command& command, Edge edge) override;
  void command_completed(Engine engine, const Command& command, Edge edge) override;
  void program_ended(Edge edge) override;

  PowerSeries series(const CostModel& cost) const;

 private:
  /// Actions of activations of 8 and of 16 bits.
  using Actions = std::array<ActionCounts, 2>;
  struct Counted {
    ActionCounts actions{};
    Width width = Width::k8;
  };
  struct UnderWay {
    Counted counted;
    std::int64_t begin = 0;  ///< cycle of the run
  };
  class Counter;

  Width width_of(std::size_t layer) const { return widths_[layer]; }
  Counted fetch_of(int layer) const;
  void spread(const Counted& counted, std::int64_t begin, std::int64_t end);

  const std::int64_t window_cycles_;
  const AcceleratorConfig config_;
  Timeline timeline_;
  WeightStatistics weights_;
  std::vector<Width> widths_;                           ///< by layer
  std::array<std::deque<Counted>, kEngines> expected_;  ///< commands to come, in their order
  std::vector<Counted> alone_;                          ///< fetches of what no engine performs
  std::array<std::deque<UnderWay>, kEngines> under_way_;
  Edge begin_ = 0;           ///< of the program
  std::int64_t cycles_ = 0;  ///< of the programs before
  std::vector<Actions> windows_;
};

}  // namespace bitbalance::runner
