// Activations of a block, written by the DRAM interface; for each pixel tile it reads what the lanes need in
// every step and sends that to the PE array.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/core/config.h"
#include "tlm/accelerator/block_sockets.h"
#include "tlm/accelerator/blocks.h"

namespace bitbalance::tlm_level {

class ActivationBuffer : public sc_core::sc_module {
 public:
  /// Lanes whose elements follow each other.
  struct Run {
    std::uint32_t lane = 0, base = 0, count = 0;
  };

  BlockInput<LoadBlock> loads;  ///< LoadActivations
  BlockInput<LaneTile> requests;
  BlockOutput<ActivationTile> tiles{"tiles"};

  ActivationBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config);

 private:
  void load(LoadBlock& block);
  void read(LaneTile& pixels);
  void find_runs(const LaneTile& pixels);
  void find_offsets(const Compute& compute);

  std::vector<std::uint8_t> bytes_;
  std::vector<Run> runs_;
  /// All that the offsets depend on.
  using Shape = std::array<std::uint32_t, 9>;
  Shape shape_{};
  std::vector<std::uint32_t> offsets_;  ///< of each step, elements; an even number
  std::vector<std::uint32_t> low_, high_;
};

}  // namespace bitbalance::tlm_level
