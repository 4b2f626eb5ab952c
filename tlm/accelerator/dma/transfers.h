// The three users of the memory port: fetches of commands, and the bursts of one load or store command at a
// time. Each tells at which edge it pushes its next request and makes of the answers' edges those at which
// commands complete (docs/timing.md).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/isa/transfer/dma_walk.h"
#include "tlm/accelerator/dma/memory_port.h"

namespace bitbalance::tlm_level {

/// Reads of the controller, one record each.
class FetchQueue : public BurstSource {
 public:
  /// `error`, bytes of the record, edge at which it is popped.
  using Receiver = std::function<void(bool, const CommandBytes&, Edge)>;

  /// `sent`: called when a request has left the queue, that is when there may be room for another.
  FetchQueue(Receiver receiver, std::function<void()> sent)
      : receiver_(std::move(receiver)), sent_(std::move(sent)) {}

  void fetch(std::uint64_t address, Edge edge) { queue_.push_back({address, edge}); }
  /// Requests that have not been sent.
  std::size_t queued() const { return queue_.size(); }

  Edge push_edge(Edge /*room*/) const override { return queue_.empty() ? kNever : queue_.front().edge; }
  BurstRequest push(Edge edge) override;
  void answer(const BurstAnswer& answer, Edge edge) override;

 private:
  struct Fetch {
    std::uint64_t address;
    Edge edge;
  };
  Receiver receiver_;
  std::function<void()> sent_;
  std::deque<Fetch> queue_;
};

/// What load and store have in common: bursts of the command under way, and how it ends.
class Transfer : public BurstSource {
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
  Transfer(const AcceleratorConfig& config, Ending ending);

  /// `popped`: edge at which the engine takes the command.
  void begin(const BurstWalk& bursts, Edge popped);
  /// First edge at which what has been requested leaves room for the next burst.
  virtual Edge space_edge() const = 0;
  virtual BurstRequest request(const Burst& burst) = 0;
  /// Bytes of the next burst in order; popped at `edge`.
  virtual void receive(const std::uint8_t* data, Edge edge) = 0;
  /// Edge at which a transfer that failed pushes its completion, its last answer being popped at `edge`.
  virtual Edge failure_edge(Edge edge) const = 0;
  void end(ProgramFault fault, Edge edge) { ending_(fault, edge); }
  std::uint64_t requested() const { return requested_; }
  const BurstWalk& bursts_to_come() const { return walk_; }

  const std::uint32_t burst_bytes_;

 private:
  Ending ending_;
  BurstWalk walk_;
  Edge pushed_ = 0;       ///< the last request, or the edge that popped the command
  Edge failed_ = kNever;  ///< an error was popped: nothing is requested after this edge
  Edge last_answer_ = 0;
  std::uint64_t requested_ = 0;  ///< useful bytes
  std::int64_t bursts_ = 0;
};

/// Bursts of a load, and the lines in which what they bring is written.
class LoadTransfer : public Transfer {
 public:
  LoadTransfer(const AcceleratorConfig& config, Ending ending);

  void begin_blob(const RunWalk& runs, Edge popped);
  void begin_tensor(const LoadTensor& load, const RunWalk& runs, Edge popped);
  /// All useful bytes, once the load has ended.
  const std::vector<std::uint8_t>& data() const { return bytes_; }

 private:
  /// Bytes that lines have taken out of the staging buffer, and the edge at which they had.
  struct Consumption {
    std::uint64_t bytes;
    Edge edge;
  };

  void begin(const RunWalk& runs, Edge popped);
  Edge space_edge() const override;
  BurstRequest request(const Burst& burst) override { return {burst.address, burst.bytes, nullptr}; }
  void receive(const std::uint8_t* data, Edge edge) override;
  Edge failure_edge(Edge edge) const override { return edge + 1; }
  void write_lines(Edge arrived);
  void next_line(Edge start);

  const std::uint64_t staging_bytes_;
  const AcceleratorConfig config_;
  BurstWalk arriving_;
  std::vector<std::uint8_t> bytes_;
  bool is_tensor_ = false;
  LineWalk lines_;
  std::uint64_t needed_ = 0;  ///< bytes up to the end of the current line
  std::uint32_t element_bytes_ = 1;
  Edge written_ = 0;  ///< the last line
  std::deque<Consumption> consumed_;
};

class StoreTransfer : public Transfer {
 public:
  StoreTransfer(const AcceleratorConfig& config, Ending ending) : Transfer(config, std::move(ending)) {}

  /// `bytes`: all that the runs take.
  void begin(const RunWalk& runs, std::vector<std::uint8_t> bytes, Edge popped);

 private:
  Edge space_edge() const override { return 0; }
  BurstRequest request(const Burst& burst) override;
  void receive(const std::uint8_t* data, Edge edge) override;
  Edge failure_edge(Edge edge) const override { return edge; }

  std::int64_t answered_ = 0;  ///< bursts

  std::vector<std::uint8_t> bytes_;
};

}  // namespace bitbalance::tlm_level
