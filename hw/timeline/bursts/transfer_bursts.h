// The three users of the memory port: fetches of commands, and the bursts of one load or store command at a
// time. Each tells at which edge it pushes its next request and makes of the answers' edges those at which
// commands complete (docs/timing.md). What the bursts carry is a level's own.
#pragma once

#include <cstdint>
#include <functional>

#include "base/ring.h"
#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/dma_walk.h"
#include "hw/timeline/bursts/burst_port.h"

namespace bitbalance::timeline {

/// Reads of the controller, one record each.
class FetchBursts : public BurstSource {
 public:
  void fetch(std::uint64_t address, Edge edge) { queue_.push_back({address, edge}); }
  /// First edge at which the channel takes the next request; kNever: not before one has left.
  Edge room(const BurstPort& port) const;

  Edge push_edge(Edge /*room*/) const override { return queue_.empty() ? kNever : queue_.front().edge; }
  BurstRequest push(Edge edge) override;

 private:
  struct Fetch {
    std::uint64_t address;
    Edge edge;
  };
  Ring<Fetch> queue_;  ///< not yet sent
};

/// What load and store have in common: bursts of the command under way, and how it ends.
class TransferBursts : public BurstSource {
 public:
  /// Edge at which the completion is pushed.
  using Ending = std::function<void(ProgramFault, Edge)>;

  Edge push_edge(Edge room) const override;
  BurstRequest push(Edge edge) override;
  void answer(const BurstAnswer& answer, Edge edge) override;
  void settle() override;

  std::int64_t bursts() const { return bursts_; }
  /// Of the transfer; without what aligned bursts bring besides.
  std::int64_t bytes() const { return static_cast<std::int64_t>(requested_); }

 protected:
  TransferBursts(const AcceleratorConfig& config, Ending ending);

  /// `popped`: edge at which the engine takes the command.
  void begin(const BurstWalk& bursts, Edge popped);
  /// First edge at which what has been requested leaves room for the next burst.
  virtual Edge space_edge() const = 0;
  virtual BurstRequest request(const Burst& burst) { return {burst.address, burst.bytes, nullptr}; }
  /// The answer to the next burst in order; popped at `edge`. `data`: of a read, as the level has it.
  virtual void receive(const std::uint8_t* data, Edge edge) = 0;
  /// Edge at which a transfer that failed pushes its completion, its last answer being popped at `edge`.
  virtual Edge failure_edge(Edge edge) const = 0;
  void end(ProgramFault fault, Edge edge) { ending_(fault, edge); }
  /// Useful bytes.
  std::uint64_t requested() const { return requested_; }
  const BurstWalk& bursts_to_come() const { return walk_; }

  const std::uint32_t burst_bytes_;

 private:
  Ending ending_;
  BurstWalk walk_;
  Edge pushed_ = 0;       ///< the last request, or the edge that popped the command
  Edge failed_ = kNever;  ///< an error was popped: nothing is requested after this edge
  Edge last_answer_ = 0;
  std::uint64_t requested_ = 0;
  std::int64_t bursts_ = 0;
};

/// Bursts of a load, and the lines in which what they bring is written.
class LoadBursts : public TransferBursts {
 public:
  LoadBursts(const AcceleratorConfig& config, Ending ending);

  virtual void begin_blob(const RunWalk& runs, Edge popped);
  virtual void begin_tensor(const LoadTensor& load, const RunWalk& runs, Edge popped);

 protected:
  void receive(const std::uint8_t* data, Edge edge) override;
  /// Whose answer comes next.
  const Burst& arriving() const { return arriving_.burst(); }

 private:
  /// Bytes that lines have taken out of the staging buffer, and the edge at which they had.
  struct Consumption {
    std::uint64_t bytes;
    Edge edge;
  };

  void begin(const RunWalk& runs, Edge popped);
  Edge space_edge() const override;
  Edge failure_edge(Edge edge) const override { return edge + 1; }
  void write_lines(Edge arrived);
  void next_line(Edge start);

  const std::uint64_t staging_bytes_;
  const AcceleratorConfig config_;
  BurstWalk arriving_;
  std::uint64_t arrived_ = 0;  ///< useful bytes
  bool is_tensor_ = false;
  LineWalk lines_;
  std::uint64_t needed_ = 0;  ///< bytes up to the end of the current line
  std::uint32_t element_bytes_ = 1;
  Edge written_ = 0;  ///< the last line
  Ring<Consumption> consumed_;
};

class StoreBursts : public TransferBursts {
 public:
  StoreBursts(const AcceleratorConfig& config, Ending ending) : TransferBursts(config, std::move(ending)) {}

  void begin(const RunWalk& runs, Edge popped);

 private:
  Edge space_edge() const override { return 0; }
  void receive(const std::uint8_t* data, Edge edge) override;
  Edge failure_edge(Edge edge) const override { return edge; }

  std::int64_t answered_ = 0;  ///< bursts
};

}  // namespace bitbalance::timeline
