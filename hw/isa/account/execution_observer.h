// Told what an accelerator does and when, at every level of detail at the same edges: what traces are made
// of. A level calls for one engine, channel or array in the order of time. It may call for edges that it has
// not come to: only the clocked level calls at the very edge.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/account/activity.h"
#include "hw/isa/account/events.h"
#include "hw/isa/command/command.h"
#include "hw/isa/edge.h"
#include "hw/isa/transfer/memory_channel.h"

namespace bitbalance::isa {

class ExecutionObserver {
 public:
  virtual ~ExecutionObserver() = default;

  virtual void program_started(Edge /*edge*/) {}
  /// The cycles of the program lie between the two edges.
  virtual void program_ended(Edge /*edge*/) {}

  /// The engine did this in the cycles from `begin` to before `end`. Its spans follow each other without a
  /// gap from the program's start to its end. What the compute engine does while it has a command is kBusy
  /// here.
  virtual void engine_did(Engine /*engine*/, Activity /*activity*/, Edge /*begin*/, Edge /*end*/) {}
  /// What the array did within such a span, told before it; what is not told is kFill. Levels without a clock
  /// put the bank conflicts of a tile after its slots.
  virtual void array_did(Activity /*activity*/, Edge /*begin*/, Edge /*end*/) {}

  virtual void command_issued(Engine /*engine*/, const Command& /*command*/, Edge /*edge*/) {}
  /// What it counts besides its own fetch. Level `analytic` only: elsewhere units count while they work.
  virtual void command_counted(Engine /*engine*/, const EventCounts& /*events*/) {}
  /// The engine's oldest command is done. The compute engine takes the next one earlier.
  virtual void command_completed(Engine /*engine*/, const Command& /*command*/, Edge /*edge*/) {}
  virtual void compute_accepted(Edge /*edge*/) {}

  /// First slot of the tile. Tiles of a layer are numbered over all its commands.
  virtual void tile_begins(int /*layer*/, std::uint32_t /*tile*/, Edge /*edge*/) {}
  /// Last slot.
  virtual void tile_ends(int /*layer*/, std::uint32_t /*tile*/, Edge /*edge*/) {}
  /// Its last beat leaves the shadow registers; a tile that does not drain is told at its last slot.
  virtual void tile_drained(int /*layer*/, std::uint32_t /*tile*/, Edge /*edge*/) {}

  virtual void burst_sent(MemoryChannel /*channel*/, std::uint64_t /*address*/, std::uint32_t /*bytes*/,
                          Edge /*edge*/) {}
  /// The answer to the channel's oldest burst is handed to the unit that asked.
  virtual void burst_answered(MemoryChannel /*channel*/, Edge /*edge*/) {}
};

/// Tells several, in their order.
class ExecutionObservers : public ExecutionObserver {
 public:
  void add(ExecutionObserver* observer) { all_.push_back(observer); }
  bool empty() const { return all_.empty(); }

  void program_started(Edge edge) override {
    for (auto* o : all_) o->program_started(edge);
  }
  void program_ended(Edge edge) override {
    for (auto* o : all_) o->program_ended(edge);
  }
  void engine_did(Engine engine, Activity activity, Edge begin, Edge end) override {
    for (auto* o : all_) o->engine_did(engine, activity, begin, end);
  }
  void array_did(Activity activity, Edge begin, Edge end) override {
    for (auto* o : all_) o->array_did(activity, begin, end);
  }
  void command_issued(Engine engine, const Command& command, Edge edge) override {
    for (auto* o : all_) o->command_issued(engine, command, edge);
  }
  void command_counted(Engine engine, const EventCounts& events) override {
    for (auto* o : all_) o->command_counted(engine, events);
  }
  void command_completed(Engine engine, const Command& command, Edge edge) override {
    for (auto* o : all_) o->command_completed(engine, command, edge);
  }
  void compute_accepted(Edge edge) override {
    for (auto* o : all_) o->compute_accepted(edge);
  }
  void tile_begins(int layer, std::uint32_t tile, Edge edge) override {
    for (auto* o : all_) o->tile_begins(layer, tile, edge);
  }
  void tile_ends(int layer, std::uint32_t tile, Edge edge) override {
    for (auto* o : all_) o->tile_ends(layer, tile, edge);
  }
  void tile_drained(int layer, std::uint32_t tile, Edge edge) override {
    for (auto* o : all_) o->tile_drained(layer, tile, edge);
  }
  void burst_sent(MemoryChannel channel, std::uint64_t address, std::uint32_t bytes, Edge edge) override {
    for (auto* o : all_) o->burst_sent(channel, address, bytes, edge);
  }
  void burst_answered(MemoryChannel channel, Edge edge) override {
    for (auto* o : all_) o->burst_answered(channel, edge);
  }

 private:
  std::vector<ExecutionObserver*> all_;
};

}  // namespace bitbalance::isa
