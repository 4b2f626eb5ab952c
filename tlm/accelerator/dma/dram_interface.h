// Between DRAM and the on-chip buffers: fetches commands for the controller, loads weights, parameters and
// activations, stores results. First and last unit in the data's way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <systemc>
#include <utility>
#include <vector>

#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/isa/program/region_map.h"
#include "hw/timeline/transfer/transfer_timing.h"
#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/dma/memory_port.h"
#include "tlm/accelerator/dma/transfers.h"
#include "tlm/accelerator/edge_clock.h"

namespace bitbalance::tlm_level {

class DramInterface : public sc_core::sc_module,
                      public Takes<CommandBlock>,  // loads
                      public Takes<StoreBlock> {
 public:
  /// What the controller is told.
  struct Listener {
    FetchTransfer::Receiver fetched;
    /// The engine pushes a completion, with its fault, at an edge.
    std::function<void(Engine, ProgramFault, Edge)> completed;
    /// The command channel may have room.
    std::function<void()> fetch_sent;
  };

  BlockPort<LoadBlock> weights{"weights"};
  BlockPort<LoadBlock> parameters{"parameters"};
  BlockPort<LoadBlock> tables{"tables"};
  BlockPort<LoadBlock> activations{"activations"};
  BlockPort<LoadBlock> outputs{"outputs"};

  DramInterface(const sc_core::sc_module_name& name, const AcceleratorConfig& config, const EdgeClock& clock,
                const RegionMap& regions, Listener listener, Profile& profile,
                const AcceleratorOptions& options);

  tlm_utils::simple_initiator_socket<BurstInitiator>& socket() { return port_.socket; }

  /// The next record; pushed at `edge`, not before fetch_room().
  void fetch(std::uint64_t address, Edge edge);
  /// First edge at which the command channel takes the next request; kNever: not before one has left.
  Edge fetch_room() const { return fetches_.room(port_.bursts()); }

  /// Last edge up to `limit` at which the memory moved data: a sign of progress.
  Edge last_delivery(Edge limit) const {
    return std::max(port_.bursts().last_delivery(limit), std::min(limit, direct_end_));
  }
  const MemoryPort& port() const { return port_; }
  /// Told about bursts; nullptr: nobody.
  void set_observer(ExecutionObserver* observer) { port_.set_observer(observer); }
  void forget_errors() { port_.forget_errors(); }

 private:
  void take(CommandBlock& block) override;
  template <class Blob>
  void begin(const Blob& blob, Edge popped);
  void begin(const LoadTensor& load, Edge popped);
  void end_load(ProgramFault fault, Edge edge);
  /// All bytes of the load have arrived.
  void deliver(const TransferCost& cost, const std::uint8_t* bytes);
  void take(StoreBlock& block) override;
  void end_store(ProgramFault fault, Edge edge);

  /// Performs the load by pointer, if the memory granted it all; false: it did not. `bytes`: from the first
  /// of its runs to the last.
  template <class Load>
  bool load_directly(const Load& load, RunWalk runs, std::uint64_t bytes, Edge popped);
  bool store_directly(const Store& store, RunWalk runs, const std::vector<std::uint8_t>& bytes, Edge popped);
  /// Durations on the memory of a range.
  TransferTiming& timing_of(const DirectMemory::Range& range);

  const AcceleratorConfig config_;
  const RegionMap& regions_;
  const Listener listener_;
  Profile& profile_;
  const Command* loading_ = nullptr;
  const Command* storing_ = nullptr;
  FetchTransfer fetches_;
  LoadTransfer load_;
  StoreTransfer store_;
  std::vector<std::pair<IdealMemoryTiming, std::unique_ptr<TransferTiming>>> timings_;
  std::vector<std::uint8_t> gathered_;  ///< of a load by pointer that has several runs
  Edge direct_end_ = -1;                ///< of the last transfer by pointer
  MemoryPort port_;
};

}  // namespace bitbalance::tlm_level
