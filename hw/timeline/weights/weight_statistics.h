// What time and events depend on in a network's weights: for each row group of the array, the number of
// tokens and the slots of every step. Scanned once, then shared by every evaluation.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "hw/isa/config.h"
#include "hw/timeline/weights/row_groups.h"
#include "quant/ir/quantized_network.h"

namespace bitbalance::timeline {

/// The weights of one network, on any accelerator: what was found out about a way to cut them is remembered.
class WeightStatistics final : public RowGroups {
 public:
  /// Keeps a reference. Precondition: validate() accepts the network.
  explicit WeightStatistics(const QuantizedNetwork& network)
      : network_(network), layers_(network.layers.size()) {}

  WeightStatistics(const WeightStatistics&) = delete;
  WeightStatistics& operator=(const WeightStatistics&) = delete;

  const RowGroupSteps* groups_of(const ConstantsBlob& blob, const AcceleratorConfig& config) override;

 private:
  /// How a convolution's weights are cut: rows of the array, synchronization, first input channel, input
  /// channels.
  using Cut = std::tuple<int, Synchronization, int, int>;
  /// All row groups of all conv groups.
  using Groups = std::vector<RowGroupSteps>;

  Groups scan(const ConstantsBlob& blob, const AcceleratorConfig& config) const;

  const QuantizedNetwork& network_;
  std::vector<std::map<Cut, Groups>> layers_;
  struct {
    int layer = -1;
    Cut cut;
    int row_groups = 1;  ///< of a conv group
    const RowGroupSteps* groups = nullptr;
  } last_;  ///< that was asked for
};

}  // namespace bitbalance::timeline
