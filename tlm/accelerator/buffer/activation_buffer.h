// Activations of a block, written by the DRAM interface; for each command it arranges what the lanes read in
// all steps and sends that to the PE array.
#pragma once

#include <cstdint>
#include <memory>
#include <systemc>
#include <vector>

#include "hw/isa/config.h"
#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/datapath/worker_pool.h"

namespace bitbalance::tlm_level {

class ActivationBuffer : public sc_core::sc_module,
                         public Takes<LoadBlock>,  // LoadActivations
                         public Takes<PixelBlock> {
 public:
  BlockPort<ActivationBlock> blocks{"blocks"};

  ActivationBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config, WorkerPool& workers);

 private:
  void take(LoadBlock& block) override;
  void take(PixelBlock& pixels) override;
  void pack(const Compute& compute);

  std::vector<std::uint8_t> bytes_;
  WorkerPool& workers_;
  std::shared_ptr<PackedActivations> packed_;  ///< of the last command
  std::shared_ptr<PackedActivations> spare_;   ///< while threads still read those, the next go here
  bool is_stale_ = false;                      ///< `packed_`: the buffer holds others by now
};

}  // namespace bitbalance::tlm_level
