// The processing elements: multiplies the weights of the row groups it holds with the activations of a
// command's pixels. A sum of shifted activations over a weight's tokens is a product, and sums may be taken
// in any order, so the bits are those of the clocked array. Says what is to be computed (products.h); threads
// do it beside the simulation.
#pragma once

#include <memory>
#include <systemc>
#include <vector>

#include "hw/isa/config.h"
#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"

namespace bitbalance::tlm_level {

class PeArray : public sc_core::sc_module, public Takes<WeightBlock>, public Takes<ActivationBlock> {
 public:
  BlockPort<SumBlock> sums{"sums"};

  PeArray(const sc_core::sc_module_name& name, const AcceleratorConfig& config);

 private:
  void take(WeightBlock& block) override;
  void take(ActivationBlock& block) override;

  const AcceleratorConfig config_;
  std::vector<Products::RowGroup> groups_;  ///< of the command to come, by conv group
  const std::shared_ptr<PartialSums> partial_;
};

}  // namespace bitbalance::tlm_level
