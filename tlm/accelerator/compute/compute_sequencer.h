// Begins a Compute command: sends the weights of all its row groups on their way to the array, then its
// pixels. First unit of the compute engine.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/isa/config.h"
#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"

namespace bitbalance::tlm_level {

class ComputeSequencer : public sc_core::sc_module, public Takes<CommandBlock> {
 public:
  BlockPort<StreamBlock> streams{"streams"};
  BlockPort<PixelBlock> pixels{"pixels"};

  ComputeSequencer(const sc_core::sc_module_name& name, const AcceleratorConfig& config);

 private:
  void take(CommandBlock& block) override;
  void send_weights(const Command& command, int conv_group, std::vector<RowGroupSteps>& steps);

  const AcceleratorConfig config_;
};

}  // namespace bitbalance::tlm_level
