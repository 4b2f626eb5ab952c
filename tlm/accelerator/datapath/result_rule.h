// How the sums of one compute command become results: bias, requantization, residual operand, saturation,
// look-up. The post-processor makes a rule per command and hands it on with the sums. Plain C++ that owns all
// it reads; any thread may call it.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/command/command.h"
#include "hw/isa/command/parameter_entry.h"
#include "hw/isa/config.h"
#include "hw/isa/lookup_table.h"
#include "tlm/accelerator/datapath/products.h"

namespace bitbalance::tlm_level {

class ResultRule {
 public:
  /// `parameters`: those of the command, conv group by conv group. `table`: its table, if it asks one.
  ResultRule(const Compute& compute, const AcceleratorConfig& config, std::vector<ParameterEntry> parameters,
             const LookupTable& table);

  /// `value`, [row][pitch]: in, the residual operands, if the command has any; out, the results.
  void finish(const SumStrip& strip, std::int32_t* value) const;

 private:
  const Compute compute_;
  const int accumulator_bits_;
  const std::vector<ParameterEntry> parameters_;
  const LookupTable table_;
};

}  // namespace bitbalance::tlm_level
