// What load and store engine have in common: takes a command, pushes one burst an edge to its channel of the
// memory port, and reports completion or refusal to the controller.
#pragma once

#include <cstdint>
#include <systemc>

#include "hw/isa/config.h"
#include "hw/isa/dma_walk.h"
#include "hw/isa/profile.h"
#include "hw/isa/region_map.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel.h"
#include "hw/rtl/completion.h"

namespace bitbalance::rtl {

class DmaEngine : public sc_core::sc_module {
 public:
  struct Ports {
    Channel<IssuedCommand>& commands;
    Channel<MemoryRequest>& requests;  ///< the memory port's channel
    Channel<MemoryResponse>& responses;
    Channel<Completion>& completions;
  };

  sc_core::sc_in<bool> clk{"clk"};

 protected:
  enum State : std::uint8_t {
    kIdle,
    kRunning,
    kReporting,  ///< done or refused, the completion is on its way
  };

  DmaEngine(const sc_core::sc_module_name& name, Engine engine, const AcceleratorConfig& config,
            const RegionMap& regions, Ports ports, Profile& profile)
      : sc_module(name),
        config_(config),
        regions_(regions),
        ports_(ports),
        profile_(profile),
        engine_(engine) {
    SC_HAS_PROCESS(DmaEngine);
    SC_METHOD(on_clock);
    sensitive << clk.pos();
    dont_initialize();
  }

  /// Prepares the command, or tells why it is refused.
  virtual ProgramFault begin(const Command& command) = 0;
  /// An edge of the command under way; ends with finish().
  virtual void run() = 0;

  /// Precondition: the channel has room. Data of a write are in `request_`.
  void push_request(const Burst& burst) {
    request_.address = burst.address;
    request_.bytes = static_cast<std::uint16_t>(burst.bytes);
    ports_.requests.push(request_);
    ++outstanding_;
  }
  void pop_response() {
    --outstanding_;
    ports_.responses.pop();
  }
  void finish() {
    state_ = kReporting;
    report();
  }

  const AcceleratorConfig config_;
  const RegionMap& regions_;
  Ports ports_;
  Profile& profile_;

  std::uint8_t state_ = kIdle;
  CommandHeader header_;
  ProgramFault fault_ = ProgramFault::kNone;
  MemoryRequest request_;
  std::uint32_t outstanding_ = 0;  ///< bursts

 private:
  void on_clock() {
    switch (state_) {
      case kIdle:
        if (ports_.commands.can_pop()) accept();
        break;
      case kRunning:
        run();
        break;
      default:
        report();
    }
  }
  void accept() {
    const IssuedCommand& command = ports_.commands.front();
    header_ = command.header;
    fault_ = begin(command);
    state_ = fault_ == ProgramFault::kNone ? kRunning : kReporting;
    ports_.commands.pop();
  }
  void report() {
    if (!ports_.completions.can_push()) return;
    ports_.completions.push({engine_, fault_, header_.layer, header_.layer_end});
    state_ = kIdle;
  }

  const Engine engine_;
};

}  // namespace bitbalance::rtl
