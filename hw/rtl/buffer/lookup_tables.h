// The tables of functions that are on chip: written by the load engine, read by post-processor and vector
// unit, of which each lane has a copy.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "hw/isa/config.h"
#include "hw/isa/lookup_table.h"
#include "hw/rtl/buffer/hazard_check.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class LookupTables : public virtual sc_core::sc_interface {
 public:
  const LookupTable& read(std::uint8_t table, const CommandStamp& by = {}) const {
    hazards_.read(table, 1, by);
    return tables_[table];
  }
  void write(std::uint8_t table, std::uint32_t byte, std::uint8_t value, const CommandStamp& by = {}) {
    hazards_.write(table, 1, by);
    tables_[table].write(byte, value);
  }

 private:
  std::array<LookupTable, AcceleratorConfig::kMaxTables> tables_{};
  mutable HazardCheck hazards_{"lookup tables", "table", AcceleratorConfig::kMaxTables};
};

}  // namespace bitbalance::rtl
