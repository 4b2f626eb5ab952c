// What load and store engine have in common: takes a command, pushes one burst an edge to its channel of the
// memory port, and reports completion or refusal to the controller.
#pragma once

#include <cstdint>
#include <systemc>

#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/dma_walk.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel/channel_port.h"
#include "hw/rtl/clock/clocked.h"
#include "hw/rtl/completion.h"

namespace bitbalance::rtl {

class DmaEngine : public Clocked {
 public:
  PopPort<IssuedCommand> commands{"commands"};
  PushPort<MemoryRequest> requests{"requests"};  ///< the memory port's channel
  PopPort<MemoryResponse> responses{"responses"};
  PushPort<Completion> completions{"completions"};

 protected:
  enum class State : std::uint8_t {
    kIdle,
    kRunning,
    kReporting,  ///< done or refused, the completion is on its way
  };

  DmaEngine(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile)
      : Clocked(name), config_(config), profile_(profile) {}

  /// Prepares the command, or tells why it is refused.
  virtual ProgramFault begin(const IssuedCommand& command) = 0;
  /// An edge of the command under way; ends with finish().
  virtual void run() = 0;

  /// The request, but for the data of a write. Precondition: the channel has room.
  MemoryRequest& push_request(const Burst& burst) {
    MemoryRequest& request = requests.push();
    request.address = request_address_ = burst.address;
    request.bytes = request_bytes_ = static_cast<std::uint16_t>(burst.bytes);
    ++outstanding_;
    return request;
  }
  void pop_response() {
    --outstanding_;
    responses.pop();
  }
  void finish() {
    state_ = State::kReporting;
    report();
  }

  const AcceleratorConfig config_;
  Profile& profile_;

  State state_ = State::kIdle;
  CommandHeader header_;
  CommandStamp stamp_;
  ProgramFault fault_ = ProgramFault::kNone;
  std::uint64_t request_address_ = 0;  ///< of the last one
  std::uint16_t request_bytes_ = 0;
  std::uint32_t outstanding_ = 0;  ///< bursts

 private:
  void reset() override {
    state_ = State::kIdle;
    outstanding_ = 0;
  }
  void on_clock() override {
    switch (state_) {
      case State::kIdle:
        if (commands.can_pop()) {
          accept();
        } else if (commands.empty()) {
          sleep();
        }
        break;
      case State::kRunning:
        run();
        break;
      case State::kReporting:
        report();
    }
  }
  void accept() {
    const IssuedCommand& command = commands.front();
    header_ = command.header;
    stamp_ = command.stamp;
    fault_ = begin(command);
    state_ = fault_ == ProgramFault::kNone ? State::kRunning : State::kReporting;
    commands.pop();
  }
  void report() {
    if (!completions.can_push()) {
      if (completions.full()) sleep();
      return;
    }
    completions.push({fault_, header_.layer, header_.layer_end});
    state_ = State::kIdle;
  }
};

}  // namespace bitbalance::rtl
