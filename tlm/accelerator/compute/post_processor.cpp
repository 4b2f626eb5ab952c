#include "tlm/accelerator/compute/post_processor.h"

#include <memory>
#include <utility>
#include <vector>

namespace bitbalance::tlm_level {

PostProcessor::PostProcessor(const sc_core::sc_module_name& name, const AcceleratorConfig& config)
    : sc_module(name), config_(config) {}

void PostProcessor::take(SumBlock& block) {
  const Compute& compute = block.products->compute();
  std::vector<ParameterEntry> of_channels;
  if (compute.last_chunk) {
    const ParameterEntry* const first = parameters->from(compute.parameter_base);
    of_channels.assign(first, first + compute.conv_groups * compute.output_channels);
  }
  ResultBlock results_block;
  results_block.products = block.products;
  results_block.rule = std::make_shared<const ResultRule>(compute, config_, std::move(of_channels),
                                                          tables->read(compute.table));
  results->take(results_block);
}

}  // namespace bitbalance::tlm_level
