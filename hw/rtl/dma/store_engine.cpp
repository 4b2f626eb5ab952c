#include "hw/rtl/dma/store_engine.h"

#include "hw/isa/command/command_check.h"

namespace bitbalance::rtl {

StoreEngine::StoreEngine(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                         Profile& profile)
    : DmaEngine(name, config, profile) {}

ProgramFault StoreEngine::begin(const IssuedCommand& command) {
  const Store* const store = std::get_if<Store>(&command.body);
  if (store == nullptr) return ProgramFault::kBadOpcode;
  const ProgramFault refusal = check(*store, config_, command.regions);
  if (refusal != ProgramFault::kNone) return refusal;
  const TensorSlice& slice = store->slice;
  const RunWalk runs(slice, command.regions.address(Region::kData, slice.dram_offset));
  bursts_ = BurstWalk(runs, static_cast<std::uint32_t>(config_.dram.burst_bytes), BurstShape::kExact);
  width_ = slice.width;
  image_base_ = store->base;
  image_stride_ = store->image_stride;
  image_elements_ = std::uint32_t{slice.channels} * slice.rows * slice.columns;
  element_ = 0;
  return ProgramFault::kNone;
}

void StoreEngine::run() {
  if (fault_ == ProgramFault::kNone) request();
  receive();
  const bool requested = bursts_.done() || fault_ != ProgramFault::kNone;
  if (outstanding_ == 0 && requested) {
    finish();
  } else if (responses.empty() && (requested || requests.full())) {
    sleep();
  }
}

void StoreEngine::request() {
  if (bursts_.done() || !requests.can_push()) return;
  const Burst& burst = bursts_.burst();
  const std::uint32_t size = element_bytes(width_);
  MemoryRequest& request = push_request(burst);
  ++output_reads_;
  for (std::uint32_t at = 0; at < burst.bytes; at += size) {
    const int value = outputs->read(image_base_ + element_, width_, false, stamp_);
    request.data[at] = static_cast<std::uint8_t>(value);
    if (width_ == Width::k16) request.data[at + 1] = static_cast<std::uint8_t>(value >> 8);
    if (++element_ == image_elements_) {
      element_ = 0;
      image_base_ += image_stride_;
    }
  }
  EventCounts& events = profile_.layer(header_.layer).events;
  events.add(Event::kOutputBufferRead, burst.bytes / size);
  events.add(Event::kDramWrite, burst.bytes);
  events.add(Event::kDramWriteBurst);
  bursts_.advance();
}

void StoreEngine::receive() {
  if (!responses.can_pop()) return;
  if (responses.front().error) fault_ = ProgramFault::kMemoryError;
  pop_response();
}

void StoreEngine::describe(SignalList& signals) const {
  signals.add(*this, "state", state_, {"idle", "running", "reporting"});
  signals.add(*this, "image_base", image_base_);
  signals.add(*this, "element", element_);
  signals.add(*this, "request.address", request_address_);
  signals.add(*this, "request.bytes", request_bytes_, 9);
  signals.add(*this, "outstanding", outstanding_, 16);
  signals.add(*this, "output_reads", output_reads_);
}

}  // namespace bitbalance::rtl
