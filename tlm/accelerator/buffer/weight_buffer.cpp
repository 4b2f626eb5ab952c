#include "tlm/accelerator/buffer/weight_buffer.h"

#include "hw/isa/transfer/dma_walk.h"

namespace bitbalance::tlm_level {

WeightBuffer::WeightBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config)
    : sc_module(name), banks_(config) {}

void WeightBuffer::take(LoadBlock& block) {
  const auto& command = std::get<LoadWeights>(block.command->body);
  const std::uint8_t* from = block.bytes;
  std::uint32_t address = command.base;
  ++loads_;
  for (std::uint32_t group = 0; group < command.groups; ++group) {
    for (int row = 0; row < rows_of_group(command, group); ++row, from += command.row_bytes)
      banks_.write(row, address, from, command.row_bytes);
    banks_.note(address, command.row_bytes, loads_);
    address = (address + command.row_bytes) % banks_.bank_bytes();
  }
}

void WeightBuffer::take(StreamBlock& block) {
  block.banks = &banks_;
  streams->take(block);
}

}  // namespace bitbalance::tlm_level
