// Writes results from the output buffer to DRAM: one burst an edge, done when the memory has acknowledged all
// of them. Last unit in the data's way.
#pragma once

#include <cstdint>
#include <systemc>

#include "hw/isa/transfer/dma_walk.h"
#include "hw/rtl/buffer/output_buffer.h"
#include "hw/rtl/dma/dma_engine.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

class StoreEngine : public DmaEngine {
 public:
  sc_core::sc_port<OutputBuffer> outputs{"outputs"};

  StoreEngine(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile);

  void describe(SignalList& signals) const override;

 private:
  ProgramFault begin(const IssuedCommand& command) override;
  void run() override;
  void request();
  void receive();

  Width width_ = Width::k8;

  BurstWalk bursts_;
  // Next element in the output buffer: `element_` of the image that starts at `image_base_`.
  std::uint32_t image_base_ = 0, image_stride_ = 0, image_elements_ = 0, element_ = 0;
  std::uint32_t output_reads_ = 0;  ///< cycles with one, for waveforms
};

}  // namespace bitbalance::rtl
