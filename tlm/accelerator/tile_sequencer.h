// Walks the tiles of a Compute command: sends the weights of every row group of a conv group on their way to
// the array, then the pixels that the lanes take, tile by tile. First unit of the compute engine.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/core/config.h"
#include "tlm/accelerator/block_sockets.h"
#include "tlm/accelerator/blocks.h"

namespace bitbalance::tlm_level {

class TileSequencer : public sc_core::sc_module {
 public:
  BlockInput<CommandBlock> commands;
  BlockOutput<StreamBlock> streams{"streams"};
  BlockOutput<LaneTile> pixels{"pixels"};

  TileSequencer(const sc_core::sc_module_name& name, const AcceleratorConfig& config);

 private:
  void perform(CommandBlock& block);
  void send_weights(const Command& command, int conv_group, std::vector<RowGroupSteps>& steps);
  void send_pixels(const Command& command, int conv_group);

  const AcceleratorConfig config_;
};

}  // namespace bitbalance::tlm_level
