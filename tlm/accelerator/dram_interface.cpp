#include "tlm/accelerator/dram_interface.h"

#include <utility>

#include "hw/core/timeline/command_events.h"

namespace bitbalance::tlm_level {

DramInterface::DramInterface(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                             const EdgeClock& clock, const RegionMap& regions, Listener listener,
                             Profile& profile)
    : sc_module(name),
      loads("loads", [this](CommandBlock& block) { load(block); }),
      stores("stores", [this](StoreBlock& block) { store(block); }),
      config_(config),
      regions_(regions),
      listener_(std::move(listener)),
      profile_(profile),
      fetches_(listener_.fetched, listener_.fetch_sent),
      load_(config, [this](ProgramFault fault, Edge edge) { end_load(fault, edge); }),
      store_(config, [this](ProgramFault fault, Edge edge) { end_store(fault, edge); }),
      port_("port", config.dram, clock, {&fetches_, &load_, &store_}) {}

void DramInterface::fetch(std::uint64_t address, Edge edge) {
  fetches_.fetch(address, edge);
  port_.wake(MemoryChannel::kCommand);
}

Edge DramInterface::fetch_room() const {
  switch (fetches_.queued()) {
    case 0:
      return port_.sent_before(MemoryChannel::kCommand) + 1;
    case 1:
      return port_.last_sent(MemoryChannel::kCommand) + 1;
    default:
      return kNever;
  }
}

void DramInterface::load(CommandBlock& block) {
  loading_ = block.command;
  std::visit(
      [&](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, LoadWeights> || std::is_same_v<Body, LoadParameters> ||
                      std::is_base_of_v<LoadTensor, Body>) {
          begin(body, block.popped);
        }
      },
      block.command->body);
  port_.wake(MemoryChannel::kRead);
}

void DramInterface::begin(const LoadWeights& load, Edge popped) {
  load_.begin_blob(RunWalk(regions_.address(Region::kConstants, load.dram_offset), blob_bytes(load)), popped);
}

void DramInterface::begin(const LoadParameters& load, Edge popped) {
  load_.begin_blob(RunWalk(regions_.address(Region::kConstants, load.dram_offset),
                           std::uint64_t{load.entries} * AcceleratorConfig::kParameterBytes),
                   popped);
}

void DramInterface::begin(const LoadTensor& load, Edge popped) {
  load_.begin_tensor(load, RunWalk(load.slice, regions_.address(Region::kData, load.slice.dram_offset)),
                     popped);
}

void DramInterface::end_load(ProgramFault fault, Edge edge) {
  if (fault == ProgramFault::kNone) {
    const TransferCost cost{0, load_.bursts(), load_.bytes()};
    LoadBlock block{loading_, load_.data().data()};
    const auto deliver = [&](const auto& body, BlockOutput<LoadBlock>& buffer) {
      count_events(body, cost, config_.dram.burst_bytes, profile_.layer(loading_->header.layer).events);
      buffer.send(block);
    };
    if (const auto* w = std::get_if<LoadWeights>(&loading_->body)) deliver(*w, weights);
    if (const auto* p = std::get_if<LoadParameters>(&loading_->body)) deliver(*p, parameters);
    if (const auto* a = std::get_if<LoadActivations>(&loading_->body)) deliver(*a, activations);
    if (const auto* o = std::get_if<LoadOutputs>(&loading_->body)) deliver(*o, outputs);
  }
  listener_.completed(Engine::kLoad, fault, edge);
}

void DramInterface::store(StoreBlock& block) {
  storing_ = block.command;
  const TensorSlice& slice = std::get<Store>(block.command->body).slice;
  store_.begin(RunWalk(slice, regions_.address(Region::kData, slice.dram_offset)), std::move(block.bytes),
               block.popped);
  port_.wake(MemoryChannel::kWrite);
}

void DramInterface::end_store(ProgramFault fault, Edge edge) {
  if (fault == ProgramFault::kNone) {
    count_events(std::get<Store>(storing_->body), {0, store_.bursts(), store_.bytes()},
                 profile_.layer(storing_->header.layer).events);
  }
  listener_.completed(Engine::kStore, fault, edge);
}

}  // namespace bitbalance::tlm_level
