// Activations of a block, written by the DRAM interface; for each command it arranges what the lanes read in
// all steps and sends that to the PE array.
#pragma once

#include <cstdint>
#include <optional>
#include <systemc>
#include <vector>

#include "hw/isa/config.h"
#include "tlm/accelerator/block_sockets.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/packing.h"
#include "tlm/accelerator/worker_pool.h"

namespace bitbalance::tlm_level {

class ActivationBuffer : public sc_core::sc_module {
 public:
  BlockInput<LoadBlock> loads;  ///< LoadActivations
  BlockInput<PixelBlock> requests;
  BlockOutput<ActivationBlock> blocks{"blocks"};

  ActivationBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config, WorkerPool& workers);

 private:
  /// What `low_` and `high_` hold.
  struct Packed {
    Compute compute;  ///< a command that read it
    ActivationLayout layout;
  };

  void load(LoadBlock& block);
  void read(PixelBlock& pixels);
  void pack(const Compute& compute);

  std::vector<std::uint8_t> bytes_;
  WorkerPool& workers_;
  std::optional<Packed> packed_;  ///< stays when it gets stale: its words may still be read
  bool is_stale_ = false;
  std::vector<std::uint32_t> low_, high_;
};

}  // namespace bitbalance::tlm_level
