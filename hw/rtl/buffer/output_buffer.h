// Results on their way to DRAM, residual operands, and inputs and outputs of vector commands. Written by
// post-processor, load engine and vector unit, read by post-processor, vector unit and store engine: each has
// its own port, and dependence flags keep them on different regions.
#pragma once

#include <cstdint>
#include <systemc>

#include "hw/isa/config.h"
#include "hw/rtl/buffer/element_store.h"
#include "hw/rtl/buffer/hazard_check.h"

namespace bitbalance::rtl {

class OutputBuffer : public virtual sc_core::sc_interface {
 public:
  explicit OutputBuffer(const AcceleratorConfig& config)
      : store_(static_cast<std::size_t>(config.output_buffer_bytes)),
        hazards_("output buffer", "byte", static_cast<std::size_t>(config.output_buffer_bytes)) {}

  int read(std::uint32_t address, Width width, bool is_signed, const CommandStamp& by = {}) const {
    hazards_.read(std::size_t{element_bytes(width)} * address, element_bytes(width), by);
    return store_.read(address, width, is_signed);
  }
  void write(std::uint32_t address, Width width, int value, const CommandStamp& by = {}) {
    hazards_.write(std::size_t{element_bytes(width)} * address, element_bytes(width), by);
    store_.write(address, width, value);
  }

 private:
  ElementStore store_;
  mutable HazardCheck hazards_;
};

}  // namespace bitbalance::rtl
