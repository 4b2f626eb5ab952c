// Stored weights on their way from the DRAM interface to the weight encoder: one bank for each row of the
// array, each a ring of 8-byte words.
#pragma once

#include <cstdint>
#include <systemc>

#include "hw/isa/config.h"
#include "tlm/accelerator/block_sockets.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/weight_banks.h"

namespace bitbalance::tlm_level {

class WeightBuffer : public sc_core::sc_module {
 public:
  BlockInput<LoadBlock> loads;  ///< LoadWeights
  BlockInput<StreamBlock> requests;
  BlockOutput<StreamBlock> streams{"streams"};

  WeightBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config);

 private:
  void load(LoadBlock& block);
  void read(StreamBlock& block);

  WeightBanks banks_;
  std::uint64_t loads_ = 0;
};

}  // namespace bitbalance::tlm_level
