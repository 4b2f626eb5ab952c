// Runs all images of a scenario through the accelerator at the scenario's level, batch by batch, and holds
// every output element against the golden model.
#pragma once

#include <functional>
#include <memory>
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

  /// Maps the network: programs for full batches and, if the images do not divide into them, for the rest;
  /// several where layers on the host come between. Keeps references. Throws std::invalid_argument when the
  /// accelerator cannot execute the network.
  Simulation(const Scenario& scenario, const Workload& workload);

  /// For full batches: the first program; the one with a layer of that name, or else the first; and the
  /// blocks that the mapper chose for convolutions.
  const Program& program() const { return batches_.front().front().mapped.program; }
  const Program& program_with(const std::string& layer) const;
  std::vector<LayerMapping> mappings() const;
  /// The clocked accelerator, for waveforms and injected faults. Precondition: that is the level.
  RtlSystem& system() { return dynamic_cast<RtlSystem&>(*system_); }

  /// Fills frames, layers, fault and simulate_s of the report. Stops at the first fault.
  void run(RunReport& report, const ProgressCallback& progress);

  std::vector<Statistic> memory_statistics() { return system_->memory->statistics(); }
  /// The class the accelerator predicts, of every image that was simulated.
  const std::vector<int>& predictions() const { return predictions_; }

 private:
  struct LoadedProgram {
    MappedProgram mapped;
    std::uint64_t constants_base = 0;
  };

  /// Programs of one batch, in order, all on the same data region.
  using Segments = std::vector<LoadedProgram>;

  static std::vector<Segments> map(const Scenario& scenario, const Workload& workload);
  std::uint64_t data_base() const;
  std::uint64_t memory_bytes() const;

  void add_layers(RunReport& report) const;
  void load_images(const Program& program, int first_image);
  /// Runs the segments and the host's layers between them; returns what went wrong, if anything.
  std::string execute(const Segments& segments, RunReport& report, const std::function<void()>& tick);
  /// Lets the clock run until the driver is done; returns what went wrong, if anything.
  std::string execute(const LoadedProgram& loaded, RunReport& report, const std::function<void()>& tick);
  void run_on_host(const Program& program, const ProgramLayer& layer);
  void add_profile(const Segments& segments, RunReport& report);
  Plane read_tensor(const Program& program, int tensor, int image);
  void compare_outputs(const Segments& segments, int first_image, RunReport& report);
  /// Slots seen since the profile was cleared: what progress is measured by.
  std::int64_t slots();

  const Scenario& scenario_;
  const Workload& workload_;
  std::vector<Segments> batches_;  ///< of full batches; then, if any, of the rest
  GoldenModel golden_;
  std::vector<int> predictions_;
  std::unique_ptr<System> system_;
};

}  // namespace bitbalance
