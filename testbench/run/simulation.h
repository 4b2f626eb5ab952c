// Runs all images of a scenario through the accelerator, batch by batch, each layer at its level of detail,
// and holds output elements against the golden model.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "testbench/report/run_report.h"
#include "testbench/run/output_check.h"
#include "testbench/run/program_set.h"
#include "testbench/run/system/data_region.h"
#include "testbench/run/system/system.h"
#include "testbench/run/trace/run_trace.h"
#include "testbench/scenario/workload.h"

namespace bitbalance::runner {

class Simulation {
 public:
  /// Told the share of the work done, 0..1, in each of its phases; may throw to give up.
  using ProgressCallback = std::function<void(const char* phase, double share)>;

  /// Maps the network. Keeps references. Throws std::invalid_argument when the accelerator cannot execute the
  /// network, or clocked layers are asked for that it does not have.
  ///
  /// `jobs` > 0: layers run clocked in as many processes, from what the transaction level computed. Then what
  /// memory a program finds must not change its time. With `jobs`, and with levels that differ between
  /// layers, each layer must be a program of its own, else ConfigError is thrown. `rtl_place`: who asks for
  /// clocked layers, for messages.
  Simulation(const Scenario& scenario, const Workload& workload, int jobs = 0,
             const std::string& rtl_place = "run.rtl");

  const ProgramSet& programs() const { return programs_; }
  Level level_of(const Program& program) const;
  /// With both levels if only some layers are clocked, or in several processes.
  System& system() { return system_; }

  /// The layers of a batch, of which nothing is known yet but what they are.
  std::vector<LayerReport> layers() const;
  /// What to record; outlives the run. Not with `jobs`.
  void set_trace(RunTrace* trace);

  /// Fills frames, layers, fault and simulate_s of the report. Stops at the first fault.
  void run(RunReport& report, const ProgressCallback& progress);

  /// What the network's outputs decide, of every image that was simulated, see OutputCheck.
  const std::vector<std::vector<int>>& decisions() const { return check_.decisions(); }

 private:
  /// A batch: fills profiles, fault, disagreements and simulate_s.
  void simulate(const Segments& segments, RunReport& report, const ProgressCallback& progress);
  /// Runs the segments and the host's layers between them; returns what went wrong, if anything.
  std::string execute(const Segments& segments, RunReport& report, const std::function<void()>& tick);
  static void add_macs(const Segments& segments, RunReport& report);
  /// Slots seen since the profile was cleared: what progress is measured by.
  std::int64_t slots();

  const Scenario& scenario_;
  const Workload& workload_;
  const int jobs_;
  RunTrace* trace_ = nullptr;
  ProgramSet programs_;
  std::vector<std::string> rtl_layers_;  ///< of a run at the transaction level: the clocked ones
  double slots_an_image_ = 0;            ///< a guess until the first batch is done
  System system_;
  DataRegion data_;
  OutputCheck check_;
};

}  // namespace bitbalance::runner
