// Where a timeline asks what loads of weights bring on chip: statistics of a network, or a stored program.
#pragma once

#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "hw/timeline/weights/row_group_steps.h"

namespace bitbalance::timeline {

class RowGroups {
 public:
  virtual ~RowGroups() = default;
  /// The row groups of a blob of weights, in the order conv group, row group.
  virtual const RowGroupSteps* groups_of(const ConstantsBlob& blob, const AcceleratorConfig& config) = 0;
};

}  // namespace bitbalance::timeline
