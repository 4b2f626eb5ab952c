// Writes results from the output buffer to DRAM: one burst an edge, done when the memory has acknowledged all
// of them. Last unit in the data's way.
#pragma once

#include <cstdint>
#include <systemc>

#include "hw/core/config.h"
#include "hw/core/dma_walk.h"
#include "hw/core/profile.h"
#include "hw/core/region_map.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel.h"
#include "hw/rtl/completion.h"
#include "hw/rtl/output_buffer.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

class StoreEngine : public sc_core::sc_module {
 public:
  struct Ports {
    Channel<IssuedCommand>& commands;
    Channel<MemoryRequest>& requests;  ///< the memory port's write channel
    Channel<MemoryResponse>& responses;
    Channel<Completion>& completions;
  };

  sc_core::sc_in<bool> clk;

  StoreEngine(const sc_core::sc_module_name& name, const AcceleratorConfig& config, const RegionMap& regions,
              Ports ports, const OutputBuffer& outputs, Profile& profile);

  void describe(SignalList& signals) const;

 private:
  enum State : std::uint8_t {
    kIdle,
    kRunning,
    kReporting,  ///< done or refused, the completion is on its way
  };

  void on_clock();
  void accept();
  void run();
  void request();
  void receive();
  void report();

  const AcceleratorConfig config_;
  const RegionMap& regions_;
  Ports ports_;
  const OutputBuffer& outputs_;
  Profile& profile_;

  std::uint8_t state_ = kIdle;
  CommandHeader header_;
  ProgramFault fault_ = ProgramFault::kNone;
  bool wide_ = false;

  BurstWalk bursts_;
  MemoryRequest request_;
  std::uint32_t outstanding_ = 0;  ///< bursts
  // Next element in the output buffer: `element_` of the image that starts at `image_base_`.
  std::uint32_t image_base_ = 0, image_stride_ = 0, image_elements_ = 0, element_ = 0;
};

}  // namespace bitbalance::rtl
