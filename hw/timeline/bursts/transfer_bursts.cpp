#include "hw/timeline/bursts/transfer_bursts.h"

#include <algorithm>
#include <utility>

namespace bitbalance::timeline {

/// The channel is two entries deep.
Edge FetchBursts::room(const BurstPort& port) const {
  switch (queue_.size()) {
    case 0:
      return port.sent_before(MemoryChannel::kCommand) + 1;
    case 1:
      return port.last_sent(MemoryChannel::kCommand) + 1;
    default:
      return kNever;
  }
}

BurstRequest FetchBursts::push(Edge /*edge*/) {
  const BurstRequest request{queue_.front().address, kCommandBytes, nullptr};
  queue_.pop_front();
  return request;
}

TransferBursts::TransferBursts(const AcceleratorConfig& config, Ending ending)
    : burst_bytes_(static_cast<std::uint32_t>(config.dram.burst_bytes)), ending_(std::move(ending)) {}

void TransferBursts::begin(const BurstWalk& bursts, Edge popped) {
  walk_ = bursts;
  pushed_ = popped;
  failed_ = kNever;
  requested_ = 0;
  bursts_ = 0;
}

Edge TransferBursts::push_edge(Edge room) const {
  if (walk_.done()) return kNever;
  const Edge space = space_edge();
  if (space == kNever) return kNever;
  const Edge edge = std::max({pushed_ + 1, room, space});
  return edge > failed_ ? kNever : edge;
}

BurstRequest TransferBursts::push(Edge edge) {
  pushed_ = edge;
  const Burst burst = walk_.burst();
  requested_ += burst.useful;
  ++bursts_;
  const BurstRequest pushed = request(burst);
  walk_.advance();
  return pushed;
}

void TransferBursts::answer(const BurstAnswer& answer, Edge edge) {
  last_answer_ = edge;
  if (answer.error && failed_ == kNever) failed_ = edge;
  if (failed_ == kNever) receive(answer.data, edge);
}

void TransferBursts::settle() {
  if (failed_ != kNever) end(ProgramFault::kMemoryError, failure_edge(last_answer_));
}

LoadBursts::LoadBursts(const AcceleratorConfig& config, Ending ending)
    : TransferBursts(config, std::move(ending)), staging_bytes_(config.staging_bytes()), config_(config) {}

void LoadBursts::begin(const RunWalk& runs, Edge popped) {
  arriving_ = BurstWalk(runs, burst_bytes_, BurstShape::kAligned);
  arrived_ = 0;
  consumed_.clear();
  needed_ = 0;
  written_ = popped;
  TransferBursts::begin(arriving_, popped);
}

void LoadBursts::begin_blob(const RunWalk& runs, Edge popped) {
  is_tensor_ = false;
  begin(runs, popped);
}

void LoadBursts::begin_tensor(const LoadTensor& load, const RunWalk& runs, Edge popped) {
  is_tensor_ = true;
  begin(runs, popped);
  element_bytes_ = element_bytes(load.slice.width);
  lines_ = LineWalk(load, static_cast<std::uint32_t>(config_.lanes(load.slice.width)));
  needed_ = std::uint64_t{lines_.line().data} * element_bytes_;
  while (!lines_.done() && lines_.line().data == 0) next_line(written_);
}

Edge LoadBursts::space_edge() const {
  const std::uint64_t requested_then = requested() + bursts_to_come().burst().useful;
  if (requested_then <= staging_bytes_) return 0;
  const std::uint64_t must_be_consumed = requested_then - staging_bytes_;
  for (std::size_t i = 0; i < consumed_.size(); ++i) {
    if (consumed_[i].bytes >= must_be_consumed) return consumed_[i].edge + 1;
  }
  return kNever;
}

void LoadBursts::receive(const std::uint8_t* /*data*/, Edge edge) {
  arrived_ += arriving_.burst().useful;
  arriving_.advance();
  write_lines(edge);
  if (is_tensor_ ? lines_.done() : arriving_.done()) end(ProgramFault::kNone, written_);
}

/// Lines that the bytes up to now suffice for; the newest of them were popped at `arrived`.
void LoadBursts::write_lines(Edge arrived) {
  while (consumed_.size() > 1 && consumed_[1].bytes + staging_bytes_ <= requested()) consumed_.pop_front();
  if (!is_tensor_) {  // what one burst brought is one line
    written_ = arrived + 1;
    consumed_.push_back({arrived_, written_});
    return;
  }
  while (!lines_.done() && needed_ <= arrived_) {
    const bool takes_data = lines_.line().data > 0;
    const std::uint64_t taken = needed_;
    next_line(takes_data ? std::max(written_, arrived) : written_);
    if (takes_data) consumed_.push_back({taken, written_});
  }
}

/// The current line starts at the edge after `start`.
void LoadBursts::next_line(Edge start) {
  written_ = start + lines_.phases();
  lines_.advance();
  if (!lines_.done()) needed_ += std::uint64_t{lines_.line().data} * element_bytes_;
}

void StoreBursts::begin(const RunWalk& runs, Edge popped) {
  answered_ = 0;
  TransferBursts::begin(BurstWalk(runs, burst_bytes_, BurstShape::kExact), popped);
}

void StoreBursts::receive(const std::uint8_t* /*data*/, Edge edge) {
  if (++answered_ == bursts() && bursts_to_come().done()) end(ProgramFault::kNone, edge);
}

}  // namespace bitbalance::timeline
