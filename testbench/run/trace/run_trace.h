// What a run is asked to record over time, at any level: a timeline, and power.
#pragma once

#include <optional>
#include <vector>

#include "hw/isa/account/execution_observer.h"
#include "hw/isa/program/program.h"
#include "testbench/report/run_report.h"
#include "testbench/run/names.h"
#include "testbench/run/trace/power_windows.h"
#include "testbench/run/trace/timeline_file.h"

namespace bitbalance::runner {

class RunTrace {
 public:
  void record_timeline(const std::filesystem::path& file, TimelineDetail detail,
                       const AcceleratorConfig& config) {
    observers_.add(&timeline_.emplace(file, detail, config.pipeline.pe));
  }
  /// Windows of so many cycles. Keeps a reference.
  void record_power(std::int64_t window_cycles, const AcceleratorConfig& config,
                    const QuantizedNetwork& network) {
    observers_.add(&power_.emplace(window_cycles, config, network));
  }
  /// Besides.
  void add(ExecutionObserver* observer) { observers_.add(observer); }

  bool empty() const { return observers_.empty(); }
  ExecutionObserver& observer() { return observers_; }
  /// Ahead of each program: the layers so far, its own among them.
  void expect(const Program& program, const std::vector<LayerReport>& layers);
  /// Both throw std::runtime_error when the timeline could not be written.
  void check() const {
    if (timeline_) timeline_->check();
  }
  void close() {
    if (timeline_) timeline_->close();
  }
  const std::optional<PowerWindows>& power() const { return power_; }

 private:
  std::optional<TimelineFile> timeline_;
  std::optional<PowerWindows> power_;
  ExecutionObservers observers_;
};

}  // namespace bitbalance::runner
