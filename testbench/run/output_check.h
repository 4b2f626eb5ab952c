// Holds what the accelerator left in memory against the golden model: every element, or a sample.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "testbench/golden/golden.h"
#include "testbench/report/run_report.h"
#include "testbench/run/program_set.h"
#include "testbench/run/system/data_region.h"
#include "testbench/scenario/workload.h"

namespace bitbalance::runner {

/// How the golden model computes for this accelerator.
GoldenOptions golden_options(const Scenario& scenario);

class OutputCheck {
 public:
  /// Keeps references.
  OutputCheck(const Scenario& scenario, const Workload& workload, DataRegion& data);

  /// Compares a batch from image `first` on, every layer's output; adds to the comparisons of the report's
  /// layers. `progress`: told the share of the batch that is done.
  ///
  /// In full, the golden model computes the network from the image. Of a sample each element is computed from
  /// what the accelerator left in memory of the layer's inputs, which are compared on their own account.
  void run(const Segments& segments, int first, RunReport& report,
           const std::function<void(double)>& progress);

  /// What the network's outputs decide, of every image that was compared, see Workload: as they are written,
  /// not quantized where the host makes them.
  const std::vector<std::vector<int>>& decisions() const { return decisions_; }

 private:
  /// A layer's tensors of one image in memory.
  struct LayerData {
    const Program& program;
    const ProgramLayer& layer;
    int place;  ///< of the image in the batch
    int image;  ///< of all images
  };
  void compare_all(const LayerData& found, const Plane& expected, LayerReport& entry);
  /// What the network's results decide and, as numbers, are. `place`: of the image in the batch.
  void keep_results(const Segments& segments, int place, RunReport& report);
  /// A result as real numbers: not quantized, if the host made it.
  std::vector<float> result_values(const Segments& segments, int tensor, int place);
  void compare_sample(const LayerData& found, std::size_t index, LayerReport& entry);

  const Scenario& scenario_;
  const Workload& workload_;
  DataRegion& data_;
  const GoldenOptions options_;
  std::optional<GoldenModel> golden_;  ///< of a full comparison
  std::vector<std::vector<int>> decisions_;
};

}  // namespace bitbalance::runner
