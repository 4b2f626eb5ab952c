#include "hw/timeline/bursts/burst_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "base/process/interruption.h"
#include "base/text/enum_index.h"
#include "hw/timeline/command_events.h"
#include "hw/timeline/vector_duration.h"

namespace bitbalance::timeline {

BurstTimeline::BurstTimeline(const AcceleratorConfig& config, BurstMemory& memory,
                             std::shared_ptr<TileShapes> tiles)
    : config_(config),
      memory_(memory),
      schedule_(config, *this, profile_),
      compute_(config, std::move(tiles)),
      resident_(config),
      fetches_(*this),
      load_(config, [this](ProgramFault /*fault*/, Edge edge) { end_load(edge); }),
      store_(config, [this](ProgramFault /*fault*/, Edge edge) { end_store(edge); }),
      port_(config.dram, {&fetches_, &load_, &store_}) {
  for (UnderWay& under_way : under_way_)
    under_way.answered.assign(static_cast<std::size_t>(port_.outstanding()), kNever);
}

Analysis BurstTimeline::analyze(const Program& program, const RegionMap& regions, RowGroups& weights,
                                Edge begin, ExecutionObserver* observer) {
  program_ = &program;
  regions_ = regions;
  observer_ = observer;
  schedule_.set_observer(observer);
  port_.set_observer(observer);
  profile_.clear();
  compute_.restart();
  resident_.restart(program, weights);
  groups_.clear();
  requested_ = 0;
  has_header_ = false;
  schedule_.start(begin);
  schedule_.step(begin);
  run();
  return {schedule_.cycles(), std::exchange(profile_, {})};
}

void BurstTimeline::run() {
  constexpr int kEdgesPerQuestion = 4096;
  for (int edges = 0; !schedule_.done(); ++edges) {
    if (edges % kEdgesPerQuestion == 0) throw_if_interrupted();
    const Edge decision = schedule_.next_edge();
    const Edge departure = port_.next_send();
    const Edge edge = std::min(decision, departure);
    if (memory_.advance(edge, *this)) continue;  // which may change what comes next
    if (edge == kNever) refuse_stuck();
    if (departure <= edge) {
      for (int c = 0; c < kMemoryChannels; ++c) {
        const auto channel = static_cast<MemoryChannel>(c);
        if (port_.send_edge(channel) <= edge) send(channel, edge);
      }
    }
    if (decision <= edge) schedule_.step(edge);
  }
}

void BurstTimeline::send(MemoryChannel channel, Edge edge) {
  UnderWay& under_way = under_way_[enum_index(channel)];
  const std::size_t number = under_way.next;
  under_way.answered[number] = kNever;
  if (++under_way.next == under_way.answered.size()) under_way.next = 0;
  ++under_way.count;
  memory_.request(channel, static_cast<std::uint32_t>(number), port_.send(channel, edge), edge);
  port_.plan(channel);
}

/// Answers are delivered in the order of requests; all that are known are passed on at once.
void BurstTimeline::answered(MemoryChannel channel, std::uint32_t number, Edge edge) {
  UnderWay& under_way = under_way_[enum_index(channel)];
  under_way.answered[number] = edge;
  if (number != under_way.oldest) return;
  while (under_way.count > 0 && under_way.answered[under_way.oldest] != kNever) {
    const Edge delivered = under_way.answered[under_way.oldest];
    if (++under_way.oldest == under_way.answered.size()) under_way.oldest = 0;
    --under_way.count;
    port_.deliver(channel, {}, delivered);
  }
  port_.settle(channel);
}

void BurstTimeline::fetch(Edge edge) {
  fetches_.fetch(regions_.address(Region::kConstants, std::uint64_t{requested_++} * kCommandBytes), edge);
  port_.plan(MemoryChannel::kCommand);
}

void BurstTimeline::fetched(Edge edge) {
  if (!has_header_) {
    has_header_ = true;
    count_fetch(profile_.layer(0).events);
    return schedule_.header(edge, static_cast<std::uint32_t>(program_->commands.size()));
  }
  const std::size_t index = groups_.size();
  const Command& command = program_->commands[index];
  groups_.push_back(resident_.find(index));
  count_fetch(events_of(command));
  schedule_.record(edge, command);
}

void BurstTimeline::start(Engine engine, const Command& command, Edge edge) {
  const Edge popped = edge + 1;
  switch (engine) {
    case Engine::kLoad:
      return begin_load(command, popped);
    case Engine::kCompute:
      return compute(command, popped);
    case Engine::kVector:
      return complete_vector(command, popped);
    case Engine::kStore: {
      storing_ = &command;
      const TensorSlice& slice = std::get<Store>(command.body).slice;
      store_.begin(RunWalk(slice, regions_.address(Region::kData, slice.dram_offset)), popped);
      return port_.plan(MemoryChannel::kWrite);
    }
  }
}

void BurstTimeline::begin_load(const Command& command, Edge popped) {
  loading_ = &command;
  std::visit(
      [&](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_base_of_v<LoadTensor, Body>) {
          const std::uint64_t address = regions_.address(Region::kData, body.slice.dram_offset);
          load_.begin_tensor(body, RunWalk(body.slice, address), popped);
        } else if constexpr (std::is_same_v<Body, LoadWeights> || std::is_same_v<Body, LoadParameters> ||
                             std::is_same_v<Body, LoadTable>) {
          const std::uint64_t address = regions_.address(Region::kConstants, body.dram_offset);
          load_.begin_blob(RunWalk(address, blob_bytes(body)), popped);
        }
      },
      command.body);
  port_.plan(MemoryChannel::kRead);
}

void BurstTimeline::end_load(Edge edge) {
  const TransferCost cost{0, load_.bursts(), load_.bytes()};
  std::visit(
      [&](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_base_of_v<LoadTensor, Body> || std::is_same_v<Body, LoadWeights> ||
                      std::is_same_v<Body, LoadParameters> || std::is_same_v<Body, LoadTable>)
          count_events(body, cost, config_.dram.burst_bytes, events_of(*loading_));
      },
      loading_->body);
  schedule_.completed(Engine::kLoad, edge);
}

void BurstTimeline::end_store(Edge edge) {
  count_events(std::get<Store>(storing_->body), {0, store_.bursts(), store_.bytes()}, events_of(*storing_));
  schedule_.completed(Engine::kStore, edge);
}

void BurstTimeline::complete_vector(const Command& command, Edge popped) {
  std::visit(
      [&](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, Pool> || std::is_same_v<Body, Add> ||
                      std::is_same_v<Body, Lookup>) {
          count_events(body, config_, events_of(command));
          schedule_.completed(Engine::kVector, popped + vector_duration(body, config_));
        }
      },
      command.body);
}

void BurstTimeline::compute(const Command& command, Edge popped) {
  const auto& body = std::get<Compute>(command.body);
  const RowGroupSteps* const groups = groups_[index_of(command)];
  const ComputeTimeline::Outcome outcome = compute_.perform(body, groups, popped);
  count_events(body, compute_.tiles_of(body), groups, config_, events_of(command));
  if (observer_ != nullptr) array_trace_.tell(compute_.work(), command.header.layer, *observer_);
  schedule_.accepted(outcome.accepted);
  schedule_.completed(Engine::kCompute, outcome.completed);
}

void BurstTimeline::refuse_stuck() const {
  for (const CommandSchedule::Unfinished& unfinished : schedule_.unfinished()) {
    if (!unfinished.missing) continue;
    throw std::invalid_argument(fmt::format("program: command {} waits forever for a flag of the {} engine",
                                            index_of(*unfinished.command), to_string(*unfinished.missing)));
  }
  throw std::invalid_argument("program: its last command is not End");
}

}  // namespace bitbalance::timeline
