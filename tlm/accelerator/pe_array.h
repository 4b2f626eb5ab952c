// The processing elements: multiplies the weights of the row groups it holds with the activations of a pixel
// tile. A sum of shifted activations over a weight's tokens is a product, and sums may be taken in any order,
// so the bits are those of the clocked array.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/core/config.h"
#include "tlm/accelerator/block_sockets.h"
#include "tlm/accelerator/blocks.h"

namespace bitbalance::tlm_level {

class PeArray : public sc_core::sc_module {
 public:
  BlockInput<WeightTile> weights;
  BlockInput<ActivationTile> activations;
  BlockOutput<SumTile> sums{"sums"};

  PeArray(const sc_core::sc_module_name& name, const AcceleratorConfig& config);

 private:
  void hold(WeightTile& tile);
  void perform(ActivationTile& tile);
  void perform_narrow(const WeightTile& group, const ActivationTile& tile);
  void perform_wide(const WeightTile& group, const ActivationTile& tile);
  void add_products(const WeightTile& group, const std::uint32_t* activations_of_pair, std::size_t lane_pitch,
                    int first_pair, int pairs);
  void send(const WeightTile& group, const ActivationTile& tile, int first_channel);

  const AcceleratorConfig config_;
  std::vector<WeightTile> groups_;  ///< of the conv group
  // Accumulators, [row][kMaxLanes]. They stay between the chunks of a tile.
  std::vector<std::uint32_t> narrow_;
  std::vector<std::int64_t> wide_;  ///< also the narrow ones' way out
};

}  // namespace bitbalance::tlm_level
