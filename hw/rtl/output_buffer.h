// Results on their way to DRAM, residual operands, and inputs and outputs of vector commands. Written by
// post-processor, load engine and vector unit, read by post-processor, vector unit and store engine: each has
// its own port, and dependence flags keep them on different regions.
#pragma once

#include <cstdint>
#include <systemc>

#include "hw/isa/config.h"
#include "hw/rtl/element_store.h"

namespace bitbalance::rtl {

class OutputBuffer : public virtual sc_core::sc_interface {
 public:
  explicit OutputBuffer(const AcceleratorConfig& config)
      : store_(static_cast<std::size_t>(config.output_buffer_bytes)) {}

  int read(std::uint32_t address, Width width, bool is_signed) const {
    return store_.read(address, width, is_signed);
  }
  void write(std::uint32_t address, Width width, int value) { store_.write(address, width, value); }

 private:
  ElementStore store_;
};

}  // namespace bitbalance::rtl
