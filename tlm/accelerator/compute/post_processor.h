// Says how the sums of a compute command become results (result_rule.h). Stands between PE array and output
// buffer.
#pragma once

#include <systemc>

#include "hw/isa/config.h"
#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/buffer/lookup_tables.h"
#include "tlm/accelerator/buffer/parameter_buffer.h"

namespace bitbalance::tlm_level {

class PostProcessor : public sc_core::sc_module, public Takes<SumBlock> {
 public:
  sc_core::sc_port<ParameterBuffer> parameters{"parameters"};
  sc_core::sc_port<LookupTables> tables{"tables"};
  BlockPort<ResultBlock> results{"results"};

  PostProcessor(const sc_core::sc_module_name& name, const AcceleratorConfig& config);

 private:
  void take(SumBlock& block) override;

  const AcceleratorConfig config_;
};

}  // namespace bitbalance::tlm_level
