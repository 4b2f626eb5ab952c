// The accelerator, clock by clock: `csr`, `mem` and `irq` outside, inside one module for each unit and the
// channels between them. docs/architecture.md shows the whole.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/port/accelerator_options.h"
#include "hw/port/csr_port.h"
#include "hw/rtl/buffer/activation_buffer.h"
#include "hw/rtl/buffer/output_buffer.h"
#include "hw/rtl/buffer/parameter_buffer.h"
#include "hw/rtl/buffer/weight_buffer.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel/channel.h"
#include "hw/rtl/channel/random_stall.h"
#include "hw/rtl/clock/clock_domain.h"
#include "hw/rtl/completion.h"
#include "hw/rtl/compute/activity_meter.h"
#include "hw/rtl/compute/pe_array.h"
#include "hw/rtl/compute/pe_array_ports.h"
#include "hw/rtl/compute/post_processor.h"
#include "hw/rtl/compute/tile_sequencer.h"
#include "hw/rtl/compute/vector_unit.h"
#include "hw/rtl/compute/weight_encoder.h"
#include "hw/rtl/controller.h"
#include "hw/rtl/dma/load_engine.h"
#include "hw/rtl/dma/memory_port.h"
#include "hw/rtl/dma/store_engine.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

/// Channels between the units, in the order that data flows.
class Channels : public sc_core::sc_module {
 public:
  Channels(const sc_core::sc_module_name& name, const PipelineConfig& pipeline)
      : sc_module(name),
        token_slots("token_slots", pipeline.activation_read),
        activation_vectors("activation_vectors", pipeline.activation_read) {}

  Channel<MemoryRequest> command_requests{"command_requests"};
  Channel<MemoryResponse> command_responses{"command_responses"};
  Channel<IssuedCommand> load_commands{"load_commands"}, compute_commands{"compute_commands"};
  Channel<IssuedCommand> vector_commands{"vector_commands"}, store_commands{"store_commands"};
  Channel<MemoryRequest> read_requests{"read_requests"};
  Channel<MemoryResponse> read_responses{"read_responses"};
  Channel<Tile> encoder_tiles{"encoder_tiles"}, activation_tiles{"activation_tiles"};
  Channel<StepFetch> step_fetches{"step_fetches"};
  // A slot takes as long as the activations that are read for it.
  Channel<TokenSlot> token_slots;
  Channel<ActivationVector> activation_vectors;
  Channel<LastSlot> last_slots{"last_slots"};
  Channel<DrainTarget> drain_targets{"drain_targets"};
  Channel<DrainBeat> drain_beats{"drain_beats"};
  Channel<MemoryRequest> write_requests{"write_requests"};
  Channel<MemoryResponse> write_responses{"write_responses"};
  Channel<Completion> acceptances{"acceptances"};
  Channel<Completion> load_completions{"load_completions"}, compute_completions{"compute_completions"};
  Channel<Completion> vector_completions{"vector_completions"}, store_completions{"store_completions"};

  /// Every channel, in the order above, which is that of data.
  std::vector<ChannelState*> all() const;
};

class Accelerator : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk{"clk"};
  /// Synchronous, active high: as after power-up from the edge after it has been high. What the memory still
  /// owes is awaited and dropped; memories and accounts keep what they hold.
  sc_core::sc_in<bool> rst{"rst"};
  tlm::tlm_target_socket<32> csr{"csr"};  ///< docs/registers.md
  /// The width that most targets are declared with; bursts are wider.
  tlm::tlm_initiator_socket<32> mem{"mem"};
  sc_core::sc_out<bool> irq{"irq"};

  /// `substitute`: for tests, what stands in the place of our array. Throws std::invalid_argument when
  /// check(config) does.
  explicit Accelerator(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                       const AcceleratorOptions& options = {}, const PeArraySubstitute& substitute = {});

  /// The accounts of all programs since the last clear().
  Profile& profile() { return profile_; }
  const Profile& profile() const { return profile_; }
  /// Events of the array's tile under way, which the profile gets when the tile ends; `layer`: whose.
  EventCounts uncounted(int& layer) const { return pe_array_->uncounted(layer); }
  /// Why the last program was stopped, where registers cannot say: which burst the memory answered how, or
  /// who waits for whom. Else empty.
  const std::string& fault_reason() const { return controller_.fault_reason(); }
  /// The array's PEs, for tests that inject faults. Precondition: they are ours.
  PeArray& pe_array() { return dynamic_cast<PeArray&>(*pe_array_); }
  /// Everything that can be traced, in the order that data flows.
  void describe(SignalList& signals) const;
  /// For tests: random back-pressure on every channel, `percent` of the cycles on each side; 0: none.
  void set_stalls(std::uint64_t seed, unsigned percent);
  /// Told what every unit does, at the very edge; nullptr: nobody.
  void set_observer(ExecutionObserver* observer);
  /// What the compute engine does in the cycle that began at the last edge: the array's account of it.
  Activity compute_activity() const { return controller_.compute_activity(); }
  /// No program runs.
  bool idle() const { return controller_.idle(); }
  /// From the start of the simulation on tells whether edges of `clk` are needed; see
  /// ClockDomain::observe_need().
  void observe_clock_need(std::function<void(bool needed)> observer) { clock_need_ = std::move(observer); }
  /// For tests: what `prepare` does to the clock's domain when the simulation starts.
  void at_start(const std::function<void(ClockDomain&)>& prepare) { at_start_ = prepare; }

 private:
  void start_of_simulation() override;

  const AcceleratorConfig config_;
  Profile profile_;
  ActivityMeter compute_meter_;
  std::vector<std::unique_ptr<RandomStall>> stalls_;
  std::function<void(bool needed)> clock_need_;
  std::function<void(ClockDomain&)> at_start_;

  Channels channels_;

  // Storage without a clock of its own: each port belongs to one unit.
  WeightBuffer weight_buffer_;
  ParameterBuffer parameter_buffer_;
  LookupTables lookup_tables_;
  OutputBuffer output_buffer_;

  CsrPort csr_port_;
  MemoryPort memory_port_;
  Controller controller_;
  ActivationBuffer activation_buffer_;
  LoadEngine load_engine_;
  TileSequencer tile_sequencer_;
  WeightEncoder weight_encoder_;
  std::unique_ptr<PeArrayPorts> pe_array_;
  PostProcessor post_processor_;
  VectorUnit vector_unit_;
  StoreEngine store_engine_;
};

}  // namespace bitbalance::rtl
