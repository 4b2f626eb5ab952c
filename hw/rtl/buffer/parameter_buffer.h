// Bias, multiplier and shift of each output channel, and the reciprocals of average pooling: written by the
// load engine, read by post-processor and vector unit.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/isa/command/parameter_entry.h"
#include "hw/isa/config.h"
#include "hw/rtl/buffer/hazard_check.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class ParameterBuffer : public virtual sc_core::sc_interface {
 public:
  explicit ParameterBuffer(const AcceleratorConfig& config)
      : entries_(static_cast<std::size_t>(config.parameter_entries())),
        hazards_("parameter buffer", "entry", entries_.size()) {}

  const ParameterEntry& read(std::uint32_t entry, const CommandStamp& by = {}) const {
    hazards_.read(entry, 1, by);
    return entries_[entry];
  }
  void write(std::uint32_t entry, const ParameterEntry& value, const CommandStamp& by = {}) {
    hazards_.write(entry, 1, by);
    entries_[entry] = value;
  }

 private:
  std::vector<ParameterEntry> entries_;
  mutable HazardCheck hazards_;
};

}  // namespace bitbalance::rtl
