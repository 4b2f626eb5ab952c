// Pooling, elementwise addition and look-up inside the output buffer: what post-processing cannot fuse into a
// convolution. Stands beside the post-processor, between two regions of the output buffer.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/buffer/lookup_tables.h"
#include "tlm/accelerator/buffer/parameter_buffer.h"

namespace bitbalance::tlm_level {

class VectorUnit : public sc_core::sc_module, public Takes<CommandBlock> {  // Pool, Add, Lookup
 public:
  sc_core::sc_port<ParameterBuffer> parameters{"parameters"};
  sc_core::sc_port<LookupTables> tables{"tables"};
  BlockPort<ElementBlock> elements{"elements"};

  explicit VectorUnit(const sc_core::sc_module_name& name) : sc_module(name) {}

 private:
  void take(CommandBlock& block) override;

  void pool(const Pool& command);
  void pool_plane(const Pool& command, const std::int32_t* input, std::int32_t* output) const;
  std::int64_t pool_window(const Pool& command, const std::int32_t* input, int row, int column) const;
  void add(const Add& command);
  void look_up(const Lookup& command);
  void exchange(ElementBlock block, std::vector<std::int32_t>& values);

  std::vector<std::int32_t> input_, output_;  ///< of a command; kept for their memory
};

}  // namespace bitbalance::tlm_level
