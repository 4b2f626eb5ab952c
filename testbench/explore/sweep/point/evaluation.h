// Evaluates the design points of one quantized network, at any level.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "hw/compiler/mapper.h"
#include "testbench/explore/sweep/point/point_result.h"
#include "testbench/run/program_set.h"
#include "testbench/scenario/workload.h"

namespace bitbalance::explore {

class Evaluation {
 public:
  /// Quantizes the scenario's network. Throws std::invalid_argument when it cannot be made.
  explicit Evaluation(const Scenario& scenario);

  /// Throws std::invalid_argument when it names a layer that the network does not have.
  void check_mapping(const MappingSettings& mapping) const { check_names(mapping.layers, workload_.network); }

  /// Precondition: the scenario has the same network and quantization, and computes data if that one did. A
  /// level that computes data runs in a process of its own: a SystemC simulation is the only one of its
  /// process. Throws WorkerFailure when that dies.
  PointResult evaluate(const Scenario& scenario) const;

 private:
  PointResult analyze(const Scenario& scenario) const;
  PointResult simulate_apart(const Scenario& scenario) const;

  Workload workload_;
  int images_ = 0;
  bool of_synthetic_ = false;
  std::unique_ptr<Mapper> mapper_;  ///< of the analytic level
};

/// A result as a worker process sends it.
std::string packed(const PointResult& result);
PointResult unpacked(std::string_view bytes);

}  // namespace bitbalance::explore
