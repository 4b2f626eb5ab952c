// Which row groups the weight buffer holds at a point of a program, by the loads of weights before it.
// Between the commands and the statistics of their weights.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "hw/timeline/weights/row_groups.h"

namespace bitbalance::timeline {

class ResidentWeights {
 public:
  explicit ResidentWeights(const AcceleratorConfig& config) : config_(config) {}

  /// The next calls are for this program's commands, in their order. Keeps the references.
  void restart(const Program& program, RowGroups& weights);
  /// Notes a load of weights; returns the row groups of a compute command, else nullptr. Throws
  /// std::invalid_argument when no load brings them. More commands and blobs may follow those that the
  /// program has by now.
  const RowGroupSteps* find(std::size_t command);

 private:
  const AcceleratorConfig config_;
  const Program* program_ = nullptr;
  RowGroups* weights_ = nullptr;
  std::vector<const RowGroupSteps*> resident_;  ///< by word of the ring
  std::vector<std::size_t> loaded_;             ///< words that a load of this program has filled
  std::size_t blob_ = 0;                        ///< of the last load of weights
};

}  // namespace bitbalance::timeline
