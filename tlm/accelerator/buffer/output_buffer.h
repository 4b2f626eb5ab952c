// Results on their way to DRAM, residual operands, and inputs and outputs of vector commands. Between
// post-processor and DRAM interface. Has threads compute the results of a command, which go on beside the
// simulation; as its bytes are all that they write, it alone waits for them: before anybody touches the
// bytes.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/isa/config.h"
#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/datapath/worker_pool.h"

namespace bitbalance::tlm_level {

class OutputBuffer : public sc_core::sc_module,
                     public Takes<LoadBlock>,  // LoadOutputs
                     public Takes<ResultBlock>,
                     public Takes<ElementBlock>,
                     public Takes<CommandBlock> {  // Store
 public:
  BlockPort<StoreBlock> stores{"stores"};

  OutputBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config, WorkerPool& workers);
  ~OutputBuffer() override { workers_.abandon(); }
  OutputBuffer(const OutputBuffer&) = delete;
  OutputBuffer& operator=(const OutputBuffer&) = delete;

 private:
  void take(LoadBlock& block) override;
  void take(ResultBlock& block) override;
  void take(ElementBlock& block) override;
  void take(CommandBlock& block) override;

  /// The bytes, when nobody writes them any more.
  std::vector<std::uint8_t>& settled();
  template <class Element>
  void copy(const ElementBlock& block);

  std::vector<std::uint8_t> bytes_;
  WorkerPool& workers_;
};

}  // namespace bitbalance::tlm_level
