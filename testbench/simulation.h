// Runs all images of a scenario through the accelerator, batch by batch, each layer at its level of detail,
// and holds output elements against the golden model.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "testbench/data_region.h"
#include "testbench/golden.h"
#include "testbench/program_set.h"
#include "testbench/run_report.h"
#include "testbench/system.h"
#include "testbench/workload.h"

namespace bitbalance {

class Simulation {
 public:
  /// Told the share of the work done, 0..1; may throw to give up.
  using ProgressCallback = std::function<void(double)>;

  /// Maps the network. Keeps references. Throws std::invalid_argument when the accelerator cannot execute the
  /// network, or clocked layers are asked for that it does not have.
  Simulation(const Scenario& scenario, const Workload& workload);

  const ProgramSet& programs() const { return programs_; }
  Level level_of(const Program& program) const;
  /// With both levels if only some layers are clocked.
  System& system() { return system_; }

  /// Fills frames, layers, fault and simulate_s of the report. Stops at the first fault.
  void run(RunReport& report, const ProgressCallback& progress);

  /// The class the accelerator predicts, of every image that was simulated.
  const std::vector<int>& predictions() const { return predictions_; }

 private:
  void add_layers(RunReport& report) const;
  /// Runs the segments and the host's layers between them; returns what went wrong, if anything.
  std::string execute(const Segments& segments, RunReport& report, const std::function<void()>& tick);
  std::string execute(const LoadedProgram& loaded, const std::function<void()>& tick);
  void add_profile(const Segments& segments, RunReport& report);
  void compare_outputs(const Segments& segments, int first_image, RunReport& report);
  /// Slots seen since the profile was cleared: what progress is measured by.
  std::int64_t slots();

  const Scenario& scenario_;
  const Workload& workload_;
  ProgramSet programs_;
  std::vector<std::string> rtl_layers_;  ///< of a run at the transaction level: the clocked ones
  GoldenModel golden_;
  std::vector<int> predictions_;
  System system_;
  DataRegion data_;
};

}  // namespace bitbalance
