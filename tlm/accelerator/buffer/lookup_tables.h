// The tables of functions that are on chip: written by the DRAM interface, read by post-processor and vector
// unit.
#pragma once

#include <array>
#include <cstdint>
#include <variant>

#include "hw/isa/config.h"
#include "hw/isa/lookup_table.h"
#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"

namespace bitbalance::tlm_level {

class LookupTables : public Takes<LoadBlock> {  // LoadTable
 public:
  const LookupTable& read(std::uint8_t table) const { return tables_[table]; }

 private:
  void take(LoadBlock& block) override {
    const auto& command = std::get<LoadTable>(block.command->body);
    for (std::uint32_t i = 0; i < table_bytes(command.width); ++i)
      tables_[command.table].write(i, block.bytes[i]);
  }

  std::array<LookupTable, AcceleratorConfig::kMaxTables> tables_{};
};

}  // namespace bitbalance::tlm_level
