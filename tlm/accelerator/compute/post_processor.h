// Turns accumulators into results: says how (result_rule.h) for the sums of compute commands, and
// executes the vector commands, which have no place in the array. Stands between PE array and output buffer,
// and holds the parameters of the output channels and the tables of functions.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/isa/command/parameter_entry.h"
#include "hw/isa/config.h"
#include "hw/isa/lookup_table.h"
#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/datapath/result_rule.h"

namespace bitbalance::tlm_level {

class PostProcessor : public sc_core::sc_module,
                      public Takes<LoadBlock>,  // LoadParameters, LoadTable
                      public Takes<SumBlock>,
                      public Takes<CommandBlock> {  // Pool, Add, Lookup
 public:
  BlockPort<ResultBlock> results{"results"};
  BlockPort<ElementBlock> elements{"elements"};

  PostProcessor(const sc_core::sc_module_name& name, const AcceleratorConfig& config);

 private:
  void take(LoadBlock& block) override;
  void take(SumBlock& block) override;
  void take(CommandBlock& block) override;

  void pool(const Pool& command);
  void pool_plane(const Pool& command, const std::int32_t* input, std::int32_t* output) const;
  std::int64_t pool_window(const Pool& command, const std::int32_t* input, int row, int column) const;
  void add(const Add& command);
  void look_up(const Lookup& command);
  void exchange(ElementBlock block, std::vector<std::int32_t>& values);

  const AcceleratorConfig config_;
  std::vector<ParameterEntry> parameters_;
  std::array<LookupTable, AcceleratorConfig::kMaxTables> tables_;
  std::vector<std::int32_t> input_, output_;  ///< of vector commands
};

}  // namespace bitbalance::tlm_level
