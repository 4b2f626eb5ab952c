// Turns accumulators into results: bias, requantization, residual operand, saturation; fused pooling is the
// output buffer's. Also executes the vector commands, which have no place in the array. Stands between PE
// array and output buffer, and holds the parameters of the output channels.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/isa/config.h"
#include "hw/isa/parameter_entry.h"
#include "tlm/accelerator/block_sockets.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/worker_pool.h"

namespace bitbalance::tlm_level {

class PostProcessor : public sc_core::sc_module {
 public:
  BlockInput<LoadBlock> loads;  ///< LoadParameters
  BlockInput<SumTile> sums;
  BlockInput<CommandBlock> commands;  ///< Pool, Add
  BlockOutput<ResultTile> results{"results"};
  BlockOutput<ElementBlock> elements{"elements"};

  PostProcessor(const sc_core::sc_module_name& name, const AcceleratorConfig& config, WorkerPool& workers);

 private:
  void load(LoadBlock& block);
  /// From any thread.
  void finish(SumTile& tile);
  void perform(CommandBlock& block);
  void pool(const Pool& command);
  void pool_plane(const Pool& command, const std::int32_t* input, std::int32_t* output) const;
  std::int64_t pool_window(const Pool& command, const std::int32_t* input, int row, int column) const;
  void add(const Add& command);
  void exchange(ElementBlock block, std::vector<std::int32_t>& values);

  const AcceleratorConfig config_;
  WorkerPool& workers_;
  std::vector<ParameterEntry> parameters_;
  std::vector<std::int32_t> input_, output_;  ///< of vector commands
};

}  // namespace bitbalance::tlm_level
