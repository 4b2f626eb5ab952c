// Bias, multiplier and shift of each output channel, and the reciprocals of average pooling: written by the
// DRAM interface, read by post-processor and vector unit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "hw/isa/command/parameter_entry.h"
#include "hw/isa/config.h"
#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"

namespace bitbalance::tlm_level {

class ParameterBuffer : public Takes<LoadBlock> {  // LoadParameters
 public:
  explicit ParameterBuffer(const AcceleratorConfig& config)
      : entries_(static_cast<std::size_t>(config.parameter_entries())) {}

  /// The entry and those after it.
  const ParameterEntry* from(std::size_t entry) const { return entries_.data() + entry; }

 private:
  void take(LoadBlock& block) override {
    const auto& command = std::get<LoadParameters>(block.command->body);
    const std::uint8_t* bytes = block.bytes;
    for (std::size_t i = 0; i < command.entries; ++i, bytes += AcceleratorConfig::kParameterBytes)
      entries_[command.base + i] = parameter_at(bytes);
  }

  std::vector<ParameterEntry> entries_;
};

}  // namespace bitbalance::tlm_level
