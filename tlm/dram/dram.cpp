#include "tlm/dram/dram.h"

#include <algorithm>
#include <utility>

#include "base/bits.h"

namespace bitbalance::dram {
namespace {

/// Bytes that are asked for in [first, end), which lies in the request.
std::uint32_t asked_for(const Dram::Request& request, std::uint64_t first, std::uint64_t end) {
  if (request.byte_enables == nullptr) return static_cast<std::uint32_t>(end - first);
  constexpr std::uint8_t kByteEnabled = 0xff;
  std::uint32_t bytes = 0;
  for (std::uint64_t i = first - request.address; i < end - request.address; ++i)
    bytes += request.byte_enables[i % request.byte_enable_length] == kByteEnabled ? 1 : 0;
  return bytes;
}

}  // namespace

Dram::Dram(const Config& config, std::int64_t units, Host& host)
    : config_((check(config), config)),
      map_(config.geometry, config.controller.address_map),
      clock_(config, units),
      request_latency_(static_cast<Time>(config.controller.request_latency_ps * units)),
      response_latency_(static_cast<Time>(config.controller.response_latency_ps * units)),
      host_(host),
      channel_next_(static_cast<std::size_t>(config.geometry.channels), kToBeAsked) {
  channels_.reserve(static_cast<std::size_t>(config.geometry.channels));
  for (int c = 0; c < config.geometry.channels; ++c) channels_.emplace_back(config_);
}

void Dram::request(RequestId id, const Request& request) {
  next_ = kToBeAsked;
  arrivals_.push_back({clock_.after(request.time + request_latency_), id, request});
  for (std::size_t i = arrivals_.size() - 1; i > 0 && arrivals_[i].order() < arrivals_[i - 1].order(); --i)
    std::swap(arrivals_[i], arrivals_[i - 1]);
}

Cycle Dram::find_next() {
  Cycle next = arrivals_.empty() ? kNever : arrivals_.front().cycle;
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    if (channel_next_[c] == kToBeAsked) channel_next_[c] = channels_[c].next();
    next = std::min(next, channel_next_[c]);
  }
  return next;
}

void Dram::step(Cycle now) {
  next_ = kToBeAsked;
  while (!arrivals_.empty() && arrivals_.front().cycle <= now) {
    const Arrival arrival = arrivals_.front();  // an answer may bring the next request
    arrivals_.pop_front();
    admit(arrival, now);
  }
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    if (channel_next_[c] > now) continue;
    Channel& channel = channels_[c];
    while ((channel_next_[c] = channel.next()) <= now) channel.step();
    collect(channel);
  }
}

void Dram::admit(const Arrival& arrival, Cycle now) {
  const Request& r = arrival.request;
  if (!host_.arrived(arrival.id)) return answer(arrival.id, now);
  const auto burst_bytes = static_cast<std::uint64_t>(config_.geometry.burst_bytes());
  const std::uint64_t end = r.address + r.bytes;
  if (progress_.size() <= arrival.id) progress_.resize(arrival.id + 1);
  progress_[arrival.id] = {static_cast<int>(ceil_div(end, burst_bytes) - r.address / burst_bytes), now};
  for (std::uint64_t at = r.address; at < end;) {
    Burst burst;
    burst.transaction = arrival.id;
    burst.at = map_.locate(at);
    burst.number = at / burst_bytes;
    const std::uint64_t next = std::min(end, (burst.number + 1) * burst_bytes);
    burst.bytes = asked_for(r, at, next);
    burst.is_write = r.is_write;
    channels_[burst.at.channel].add(burst, now);
    channel_next_[burst.at.channel] = kToBeAsked;
    at = next;
  }
}

void Dram::collect(Channel& channel) {
  for (const Completion& completion : channel.completions()) {
    Progress& progress = progress_[completion.transaction];
    progress.done = std::max(progress.done, completion.cycle);
    if (--progress.bursts_left == 0) answer(completion.transaction, progress.done);
  }
  channel.completions().clear();
}

void Dram::answer(RequestId id, Cycle done) {
  host_.answered(id, clock_.time_of(done) + response_latency_);
}

Counts Dram::counts(Time time) {
  Counts sum;
  for (Channel& channel : channels_) sum += channel.counts(clock_.last(time));
  return sum;
}

std::vector<Statistic> Dram::statistics(Time time) const {
  std::vector<Channel> channels = channels_;
  Cycle end = clock_.last(time);
  for (Channel& channel : channels) end = std::max(end, channel.finish());
  Counts sum;
  for (Channel& channel : channels) sum += channel.counts(end);
  return dram::statistics(config_, sum, end);
}

}  // namespace bitbalance::dram
