// Stored weights on their way from the DRAM interface to the weight encoder: one bank for each row of the
// array, each a ring of 8-byte words.
#pragma once

#include <cstdint>
#include <systemc>

#include "hw/isa/config.h"
#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/buffer/weight_banks.h"

namespace bitbalance::tlm_level {

class WeightBuffer : public sc_core::sc_module,
                     public Takes<LoadBlock>,  // LoadWeights
                     public Takes<StreamBlock> {
 public:
  BlockPort<StreamBlock> streams{"streams"};

  WeightBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config);

 private:
  void take(LoadBlock& block) override;
  void take(StreamBlock& block) override;

  WeightBanks banks_;
  std::uint64_t loads_ = 0;
};

}  // namespace bitbalance::tlm_level
