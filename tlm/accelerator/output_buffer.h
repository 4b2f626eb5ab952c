// Results on their way to DRAM, residual operands, and inputs and outputs of vector commands. Between
// post-processor and DRAM interface.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/isa/config.h"
#include "tlm/accelerator/block_sockets.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/worker_pool.h"

namespace bitbalance::tlm_level {

class OutputBuffer : public sc_core::sc_module {
 public:
  BlockInput<LoadBlock> loads;  ///< LoadOutputs
  BlockInput<ResultTile> results;
  BlockInput<ElementBlock> elements;
  BlockInput<CommandBlock> commands;  ///< Store
  BlockOutput<StoreBlock> stores{"stores"};

  OutputBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config, WorkerPool& workers);

 private:
  void load(LoadBlock& block);
  /// From any thread; places of different tiles differ.
  void take(ResultTile& tile);
  void access(ElementBlock& block);
  void store(CommandBlock& block);

  template <class Element>
  void read(const ResultTile& tile);
  template <class Element>
  void merge(const ResultTile& tile);
  template <class Element>
  void copy(const ElementBlock& block);

  template <class Element>
  Element* as() {
    return reinterpret_cast<Element*>(bytes_.data());
  }

  std::vector<std::uint8_t> bytes_;
  WorkerPool& workers_;
};

}  // namespace bitbalance::tlm_level
