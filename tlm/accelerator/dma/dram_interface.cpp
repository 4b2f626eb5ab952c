#include "tlm/accelerator/dma/dram_interface.h"

#include <utility>

#include "base/bits.h"
#include "hw/timeline/command_events.h"

namespace bitbalance::tlm_level {

DramInterface::DramInterface(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                             const EdgeClock& clock, const RegionMap& regions, Listener listener,
                             Profile& profile, const AcceleratorOptions& options)
    : sc_module(name),
      config_(config),
      regions_(regions),
      listener_(std::move(listener)),
      profile_(profile),
      fetches_(listener_.fetched, listener_.fetch_sent),
      load_(config, [this](ProgramFault fault, Edge edge) { end_load(fault, edge); }),
      store_(config, [this](ProgramFault fault, Edge edge) { end_store(fault, edge); }),
      port_("port", config.dram, clock, {&fetches_, &load_, &store_}, options) {}

void DramInterface::fetch(std::uint64_t address, Edge edge) {
  fetches_.fetch(address, edge);
  port_.wake(MemoryChannel::kCommand);
}

void DramInterface::take(CommandBlock& block) {
  loading_ = block.command;
  std::visit(
      [&](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_base_of_v<LoadTensor, Body>) {
          begin(static_cast<const LoadTensor&>(body), block.popped);
        } else if constexpr (std::is_same_v<Body, LoadWeights> || std::is_same_v<Body, LoadParameters> ||
                             std::is_same_v<Body, LoadTable>) {
          begin(body, block.popped);
        }
      },
      block.command->body);
}

template <class Blob>
void DramInterface::begin(const Blob& blob, Edge popped) {
  const std::uint64_t bytes = blob_bytes(blob);
  const RunWalk runs(regions_.address(Region::kConstants, blob.dram_offset), bytes);
  if (load_directly(blob, runs, bytes, popped)) return;
  load_.begin_blob(runs, popped);
  port_.wake(MemoryChannel::kRead);
}

void DramInterface::begin(const LoadTensor& load, Edge popped) {
  const RunWalk runs(load.slice, regions_.address(Region::kData, load.slice.dram_offset));
  if (load_directly(load, runs, extent_bytes(load.slice), popped)) return;
  load_.begin_tensor(load, runs, popped);
  port_.wake(MemoryChannel::kRead);
}

template <class Load>
bool DramInterface::load_directly(const Load& load, RunWalk runs, std::uint64_t bytes, Edge popped) {
  const std::uint64_t address = runs.run().address;
  const auto burst = static_cast<std::uint64_t>(config_.dram.burst_bytes);
  // Whole bursts, as they would be read: where they leave the memory they end in an error.
  const std::uint64_t first = address / burst * burst;
  const std::uint64_t last = align_up(address + bytes, burst) - 1;
  const DirectMemory::Range* const range =
      port_.direct_memory().granted(DirectMemory::Access::kRead, first, last);
  if (range == nullptr) return false;
  const TransferCost& cost = timing_of(*range).load(load);
  const std::uint8_t* data = range->at(address);
  if (runs.run().bytes != static_cast<std::uint64_t>(cost.bytes)) {
    gathered_.clear();
    for (; !runs.done(); runs.advance()) {
      const std::uint8_t* const run = range->at(runs.run().address);
      gathered_.insert(gathered_.end(), run, run + runs.run().bytes);
    }
    data = gathered_.data();
  }
  deliver(cost, data);
  direct_end_ = std::max(direct_end_, popped + cost.cycles);
  listener_.completed(Engine::kLoad, ProgramFault::kNone, popped + cost.cycles);
  return true;
}

TransferTiming& DramInterface::timing_of(const DirectMemory::Range& range) {
  auto known = std::find_if(timings_.begin(), timings_.end(),
                            [&](const auto& entry) { return entry.first == range.timing; });
  if (known == timings_.end()) {
    known = timings_.insert(known, {range.timing, std::make_unique<TransferTiming>(config_, range.timing)});
  }
  return *known->second;
}

void DramInterface::end_load(ProgramFault fault, Edge edge) {
  if (fault == ProgramFault::kNone) {
    deliver({0, load_.bursts(), load_.bytes()}, load_.data().data());
  }
  listener_.completed(Engine::kLoad, fault, edge);
}

void DramInterface::deliver(const TransferCost& cost, const std::uint8_t* bytes) {
  LoadBlock block{loading_, bytes};
  const auto send = [&](const auto& body, BlockPort<LoadBlock>& buffer) {
    count_events(body, cost, config_.dram.burst_bytes, profile_.layer(loading_->header.layer).events);
    buffer->take(block);
  };
  if (const auto* w = std::get_if<LoadWeights>(&loading_->body)) send(*w, weights);
  if (const auto* p = std::get_if<LoadParameters>(&loading_->body)) send(*p, parameters);
  if (const auto* t = std::get_if<LoadTable>(&loading_->body)) send(*t, tables);
  if (const auto* a = std::get_if<LoadActivations>(&loading_->body)) send(*a, activations);
  if (const auto* o = std::get_if<LoadOutputs>(&loading_->body)) send(*o, outputs);
}

void DramInterface::take(StoreBlock& block) {
  storing_ = block.command;
  const auto& body = std::get<Store>(block.command->body);
  const RunWalk runs(body.slice, regions_.address(Region::kData, body.slice.dram_offset));
  if (store_directly(body, runs, block.bytes, block.popped)) return;
  store_.begin(runs, std::move(block.bytes), block.popped);
  port_.wake(MemoryChannel::kWrite);
}

bool DramInterface::store_directly(const Store& store, RunWalk runs, const std::vector<std::uint8_t>& bytes,
                                   Edge popped) {
  const std::uint64_t address = runs.run().address;
  const DirectMemory::Range* const range = port_.direct_memory().granted(
      DirectMemory::Access::kWrite, address, address + extent_bytes(store.slice) - 1);
  if (range == nullptr) return false;
  const std::uint8_t* from = bytes.data();
  for (; !runs.done(); runs.advance()) {
    std::copy_n(from, runs.run().bytes, range->at(runs.run().address));
    from += runs.run().bytes;
  }
  const TransferCost& cost = timing_of(*range).store(store);
  count_events(store, cost, profile_.layer(storing_->header.layer).events);
  direct_end_ = std::max(direct_end_, popped + cost.cycles);
  listener_.completed(Engine::kStore, ProgramFault::kNone, popped + cost.cycles);
  return true;
}

void DramInterface::end_store(ProgramFault fault, Edge edge) {
  if (fault == ProgramFault::kNone) {
    count_events(std::get<Store>(storing_->body), {0, store_.bursts(), store_.bytes()},
                 profile_.layer(storing_->header.layer).events);
  }
  listener_.completed(Engine::kStore, fault, edge);
}

}  // namespace bitbalance::tlm_level
