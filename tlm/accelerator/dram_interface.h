// Between DRAM and the on-chip buffers: fetches commands for the controller, loads weights, parameters and
// activations, stores results. First and last unit in the data's way.
#pragma once

#include <cstdint>
#include <functional>
#include <systemc>

#include "hw/core/config.h"
#include "hw/core/profile.h"
#include "hw/core/region_map.h"
#include "tlm/accelerator/block_sockets.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/edge_clock.h"
#include "tlm/accelerator/memory_port.h"
#include "tlm/accelerator/transfers.h"

namespace bitbalance::tlm_level {

class DramInterface : public sc_core::sc_module {
 public:
  /// What the controller is told.
  struct Listener {
    FetchQueue::Receiver fetched;
    /// The engine pushes a completion, with its fault, at an edge.
    std::function<void(Engine, ProgramFault, Edge)> completed;
    /// The command channel may have room.
    std::function<void()> fetch_sent;
  };

  BlockInput<CommandBlock> loads;
  BlockInput<StoreBlock> stores;
  BlockOutput<LoadBlock> weights{"weights"};
  BlockOutput<LoadBlock> parameters{"parameters"};
  BlockOutput<LoadBlock> activations{"activations"};
  BlockOutput<LoadBlock> outputs{"outputs"};

  DramInterface(const sc_core::sc_module_name& name, const AcceleratorConfig& config, const EdgeClock& clock,
                const RegionMap& regions, Listener listener, Profile& profile);

  tlm_utils::simple_initiator_socket<BurstInitiator>& socket() { return port_.socket; }

  /// The next record; pushed at `edge`, not before fetch_room().
  void fetch(std::uint64_t address, Edge edge);
  /// First edge at which the command channel takes the next request; kNever: not before one has left.
  Edge fetch_room() const;

  const MemoryPort& port() const { return port_; }

 private:
  void load(CommandBlock& block);
  void begin(const LoadWeights& load, Edge popped);
  void begin(const LoadParameters& load, Edge popped);
  void begin(const LoadTensor& load, Edge popped);
  void end_load(ProgramFault fault, Edge edge);
  void store(StoreBlock& block);
  void end_store(ProgramFault fault, Edge edge);

  const AcceleratorConfig config_;
  const RegionMap& regions_;
  const Listener listener_;
  Profile& profile_;
  const Command* loading_ = nullptr;
  const Command* storing_ = nullptr;
  FetchQueue fetches_;
  LoadTransfer load_;
  StoreTransfer store_;
  MemoryPort port_;
};

}  // namespace bitbalance::tlm_level
