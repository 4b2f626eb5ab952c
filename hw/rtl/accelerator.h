// The accelerator, clock by clock: `csr`, `mem` and `irq` outside, inside one module for each unit and the
// channels between them. docs/architecture.md shows the whole.
#pragma once

#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "hw/isa/config.h"
#include "hw/isa/profile.h"
#include "hw/port/csr_port.h"
#include "hw/rtl/activation_buffer.h"
#include "hw/rtl/activity_meter.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel.h"
#include "hw/rtl/completion.h"
#include "hw/rtl/controller.h"
#include "hw/rtl/load_engine.h"
#include "hw/rtl/memory_port.h"
#include "hw/rtl/output_buffer.h"
#include "hw/rtl/parameter_buffer.h"
#include "hw/rtl/pe_array.h"
#include "hw/rtl/post_processor.h"
#include "hw/rtl/signal_list.h"
#include "hw/rtl/stall.h"
#include "hw/rtl/store_engine.h"
#include "hw/rtl/tile_sequencer.h"
#include "hw/rtl/vector_unit.h"
#include "hw/rtl/weight_buffer.h"
#include "hw/rtl/weight_encoder.h"

namespace bitbalance::rtl {

class Accelerator : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk{"clk"};
  tlm::tlm_target_socket<32> csr{"csr"};  ///< docs/registers.md
  /// The width that most targets are declared with; bursts are wider.
  tlm::tlm_initiator_socket<32> mem{"mem"};
  sc_core::sc_out<bool> irq{"irq"};

  /// Throws std::invalid_argument when check(config) does.
  explicit Accelerator(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                       std::int64_t watchdog_cycles = Controller::kWatchdogCycles);

  /// The accounts of all programs since the last clear().
  Profile& profile() { return profile_; }
  const Profile& profile() const { return profile_; }
  /// Why the last program was stopped, where registers cannot say: which burst the memory answered how, or
  /// who waits for whom. Else empty.
  const std::string& fault_reason() const { return controller_.fault_reason(); }
  /// The array's PEs, for tests that inject faults.
  PeArray& pe_array() { return pe_array_; }
  /// Everything that can be traced, in the order that data flows.
  void describe(SignalList& signals) const;
  /// Random back-pressure on every channel, `percent` of the cycles on each side; 0: none.
  void set_stalls(std::uint64_t seed, unsigned percent);
  /// nullptr: nobody.
  void set_tile_observer(TileObserver* observer) { pe_array_.set_observer(observer); }

 private:
  /// Calls `visit(channel)` for every channel, in the order that data flows.
  template <class Self, class Visitor>
  static void for_each_channel(Self& self, Visitor&& visit);
  Controller::Ports controller_ports();

  const AcceleratorConfig config_;
  Profile profile_;
  ActivityMeter compute_meter_;
  std::vector<std::unique_ptr<Stall>> stalls_;

  // Channels, in the order that data flows.
  Channel<MemoryRequest> command_requests_{"command_requests"}, read_requests_{"read_requests"};
  Channel<MemoryResponse> command_responses_{"command_responses"}, read_responses_{"read_responses"};
  Channel<IssuedCommand> load_commands_{"load_commands"}, compute_commands_{"compute_commands"};
  Channel<IssuedCommand> vector_commands_{"vector_commands"}, store_commands_{"store_commands"};
  Channel<Tile> encoder_tiles_{"encoder_tiles"}, activation_tiles_{"activation_tiles"};
  Channel<StepFetch> step_fetches_{"step_fetches"};
  Channel<TokenSlot> token_slots_{"token_slots"};
  Channel<ActivationVector> activation_vectors_{"activation_vectors"};
  Channel<LastSlot> last_slots_{"last_slots"};
  Channel<DrainTarget> drain_targets_{"drain_targets"};
  Channel<DrainBeat> drain_beats_{"drain_beats"};
  Channel<MemoryRequest> write_requests_{"write_requests"};
  Channel<MemoryResponse> write_responses_{"write_responses"};
  Channel<Completion> acceptances_{"acceptances"};
  Channel<Completion> load_completions_{"load_completions"}, compute_completions_{"compute_completions"};
  Channel<Completion> vector_completions_{"vector_completions"}, store_completions_{"store_completions"};

  // Storage without a clock of its own: each port belongs to one unit.
  WeightBuffer weight_buffer_;
  ParameterBuffer parameter_buffer_;
  OutputBuffer output_buffer_;

  CsrPort csr_port_;
  MemoryPort memory_port_;
  Controller controller_;
  ActivationBuffer activation_buffer_;
  LoadEngine load_engine_;
  TileSequencer tile_sequencer_;
  WeightEncoder weight_encoder_;
  PeArray pe_array_;
  PostProcessor post_processor_;
  VectorUnit vector_unit_;
  StoreEngine store_engine_;
};

}  // namespace bitbalance::rtl
