#include "tlm/accelerator/compute/pe_array.h"

#include <utility>

namespace bitbalance::tlm_level {

PeArray::PeArray(const sc_core::sc_module_name& name, const AcceleratorConfig& config)
    : sc_module(name),
      config_(config),
      partial_(std::make_shared<PartialSums>(static_cast<std::size_t>(config.rows) *
                                             static_cast<std::size_t>(config.lanes(Width::k8)))) {}

void PeArray::take(WeightBlock& block) {
  groups_.push_back(std::move(block.group));
}

void PeArray::take(ActivationBlock& block) {
  SumBlock sum_block;
  sum_block.products =
      std::make_shared<const Products>(std::get<Compute>(block.command->body), config_, std::move(groups_),
                                       std::move(block.activations), partial_);
  sums->take(sum_block);
}

}  // namespace bitbalance::tlm_level
