// The timed DRAM as level `analytic` asks it: edges of the accelerator's clock in, edges out.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "hw/isa/config.h"
#include "hw/timeline/bursts/burst_memory.h"
#include "testbench/run/names.h"
#include "tlm/dram/dram.h"

namespace bitbalance::runner {

/// Of the accelerator's clock, in ps: rounded, as every level has it.
std::uint64_t period_ps(const AcceleratorConfig& config);

class DramBursts : public BurstMemory, private dram::Dram::Host {
 public:
  /// `bytes`: that the programs use. Throws ConfigError as TimedMemory does.
  DramBursts(const dram::Config& config, std::uint64_t bytes, std::uint64_t period_ps);

  void request(MemoryChannel channel, std::uint32_t number, const BurstRequest& burst, Edge edge) override;
  bool advance(Edge limit, Client& client) override;
  /// Up to the edge.
  std::vector<Statistic> statistics(Edge edge) { return dram_.statistics(time_of(edge)); }

 private:
  using Time = dram::Dram::Time;  ///< ps
  static constexpr Time kNoTime = std::numeric_limits<Time>::max();

  bool arrived(dram::Dram::RequestId /*id*/) override { return true; }
  void answered(dram::Dram::RequestId id, Time time) override;
  /// At which the DRAM does something next; kNoTime: nothing before another request.
  Time next_time();
  Time time_of(Edge edge) const { return static_cast<Time>(edge) * period_; }

  const Time period_;
  dram::Dram dram_;
  dram::Cycle next_ = dram::kNever;  ///< of next_time_
  Time next_time_ = kNoTime;
  // Of the advance() under way.
  Client* client_ = nullptr;
  Time end_ = 0;
  bool has_answered_ = false;
};

}  // namespace bitbalance::runner
