#include "testbench/run/timing/dram_bursts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text/enum_index.h"

namespace bitbalance::runner {

std::uint64_t period_ps(const AcceleratorConfig& config) {
  // In these steps, as SystemC makes a time of seconds.
  constexpr double kPicosecondsPerSecond = 1e12;
  return static_cast<std::uint64_t>(std::llround(1.0 / config.clock_hz * kPicosecondsPerSecond));
}

DramBursts::DramBursts(const dram::Config& config, std::uint64_t bytes, std::uint64_t period_ps)
    : period_(period_ps), dram_(config, 1, *this) {
  check_capacity(config, bytes);
}

void DramBursts::request(MemoryChannel channel, std::uint32_t number, const BurstRequest& burst, Edge edge) {
  dram::Dram::Request request;
  request.time = time_of(edge);
  request.channel = static_cast<int>(channel);
  request.address = burst.address;
  request.bytes = burst.bytes;
  request.is_write = channel == MemoryChannel::kWrite;
  dram_.request(number * kMemoryChannels + static_cast<std::uint32_t>(channel), request);
}

bool DramBursts::advance(Edge limit, Client& client) {
  client_ = &client;
  has_answered_ = false;
  end_ = limit == kNever ? kNoTime - 1 : time_of(limit);
  while (next_time() <= end_) dram_.step(next_);
  return has_answered_;
}

DramBursts::Time DramBursts::next_time() {
  const dram::Cycle next = dram_.next();
  if (next != next_) {
    next_ = next;
    next_time_ = next == dram::kNever ? kNoTime : dram_.time_of(next);
  }
  return next_time_;
}

void DramBursts::answered(dram::Dram::RequestId id, Time time) {
  has_answered_ = true;
  const Edge edge = static_cast<Edge>(time / period_) + 1;
  end_ = std::min(end_, time_of(edge));  // what follows from the answer is not requested before
  client_->answered(static_cast<MemoryChannel>(id % kMemoryChannels), id / kMemoryChannels, edge);
}

}  // namespace bitbalance::runner
