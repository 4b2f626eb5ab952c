// Runs all images of a scenario through the clocked accelerator, batch by batch, and holds every output
// element against the golden model.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hw/core/mapper.h"
#include "testbench/rtl_system.h"
#include "testbench/run_report.h"
#include "testbench/workload.h"

namespace bitbalance {

class Simulation {
 public:
  /// Told the share of the work done, 0..1; may throw to give up.
  using ProgressCallback = std::function<void(double)>;

  /// Maps the network: one program for full batches and, if the images do not divide into them, one for the
  /// rest. Keeps references. Throws std::invalid_argument when the accelerator cannot execute the network.
  Simulation(const Scenario& scenario, const Workload& workload);

  /// For full batches: the program, and the blocks that the mapper chose.
  const Program& program() const { return programs_.front().mapped.program; }
  const std::vector<LayerMapping>& mappings() const { return programs_.front().mapped.mappings; }
  RtlSystem& system() { return system_; }

  /// Fills frames, layers, fault and simulate_s of the report. Stops at the first fault.
  void run(RunReport& report, const ProgressCallback& progress);

  /// The class the accelerator predicts, of every image that was simulated.
  const std::vector<int>& predictions() const { return predictions_; }

 private:
  struct LoadedProgram {
    MappedProgram mapped;
    std::uint64_t constants_base = 0;
  };

  static std::vector<LoadedProgram> map(const Scenario& scenario, const Workload& workload);
  std::uint64_t data_base() const;
  std::uint64_t memory_bytes() const;

  void load_images(const Program& program, int first_image);
  /// Lets the clock run until the driver is done; returns what went wrong, if anything.
  std::string execute(const LoadedProgram& loaded, RunReport& report, const std::function<void()>& tick);
  void compare_outputs(const Program& program, int first_image, RunReport& report);
  /// Slots seen since the profile was cleared: what progress is measured by.
  std::int64_t slots();

  const Scenario& scenario_;
  const Workload& workload_;
  std::vector<LoadedProgram> programs_;
  GoldenModel golden_;
  std::vector<int> predictions_;
  RtlSystem system_;
};

}  // namespace bitbalance
