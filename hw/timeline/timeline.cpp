#include "hw/timeline/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/interruption.h"
#include "hw/timeline/command_events.h"

namespace bitbalance::timeline {

Timeline::Timeline(const AcceleratorConfig& config, const IdealMemoryTiming& memory)
    : config_(config),
      transfers_(config, memory),
      compute_(config),
      command_channel_(memory, config.dram),
      fetch_duration_(DataDurations(memory).of(kCommandBytes)),
      schedule_(config, *this, profile_) {}

Analysis Timeline::analyze(const Program& program, WeightStatistics& weights) {
  program_ = &program;
  find_row_groups(weights);
  next_record_ = 0;
  profile_.clear();
  compute_.restart();
  command_channel_.forget();
  schedule_.start(0);
  for (Edge edge = 0; edge != kNever; edge = schedule_.next_edge()) {
    throw_if_interrupted();
    schedule_.step(edge);
  }
  if (!schedule_.done()) {
    const CommandSchedule::Waiting waiting = schedule_.waiting();
    throw std::invalid_argument(
        waiting.command == nullptr
            ? "program: its last command is not End"
            : fmt::format("program: command {} waits forever for a flag of the {} engine",
                          waiting.command - program.commands.data(), to_string(waiting.missing)));
  }
  return {schedule_.cycles(), std::exchange(profile_, {})};
}

void Timeline::find_row_groups(WeightStatistics& weights) {
  row_groups_.assign(program_->commands.size(), nullptr);
  // What each ring address of the weight buffer holds at this point of the program, by word.
  constexpr std::uint32_t kWordBytes = 8;
  std::vector<const RowGroupSteps*> resident(static_cast<std::size_t>(config_.weight_bank_bytes) /
                                             kWordBytes);
  auto blob = program_->blobs.begin();
  for (std::size_t i = 0; i < program_->commands.size(); ++i) {
    const Command& command = program_->commands[i];
    if (const auto* load = std::get_if<LoadWeights>(&command.body)) {
      // Most often the one behind the last.
      if (++blob >= program_->blobs.end() || blob->offset != load->dram_offset) {
        blob =
            std::lower_bound(program_->blobs.begin(), program_->blobs.end(), load->dram_offset,
                             [](const ConstantsBlob& b, std::uint32_t offset) { return b.offset < offset; });
      }
      resident[load->base / kWordBytes] = weights.groups_of(*blob, config_);
    } else if (const auto* compute = std::get_if<Compute>(&command.body)) {
      row_groups_[i] = resident[compute->weight_base / kWordBytes];
      if (row_groups_[i] == nullptr) {
        throw std::invalid_argument(
            fmt::format("program: command {}: no load brings weights to address {} of the weight buffer", i,
                        compute->weight_base));
      }
    }
  }
}

void Timeline::fetch(Edge edge) {
  const Edge visible = command_channel_.request(edge, fetch_duration_);
  if (next_record_ == 0) {
    count_fetch(profile_.layer(0).events);
    schedule_.header(visible, static_cast<std::uint32_t>(program_->commands.size()));
  } else {
    const Command& command = program_->commands[next_record_ - 1];
    count_fetch(events_of(command));
    schedule_.record(visible, command);
  }
  ++next_record_;
}

void Timeline::start(Engine engine, const Command& command, Edge edge) {
  const Edge popped = edge + 1;
  EventCounts& events = events_of(command);
  const auto read = [&](const auto& load) {
    const TransferCost& cost = transfers_.load(load);
    count_events(load, cost, config_.dram.burst_bytes, events);
    schedule_.completed(engine, popped + cost.cycles);
  };
  const auto vector = [&](const auto& body) {
    count_events(body, config_, events);
    schedule_.completed(engine, popped + vector_cycles(body, config_) + 1);
  };
  switch (opcode_of(command)) {
    case Opcode::kLoadWeights:
      return read(std::get<LoadWeights>(command.body));
    case Opcode::kLoadParameters:
      return read(std::get<LoadParameters>(command.body));
    case Opcode::kLoadActivations:
      return read(std::get<LoadActivations>(command.body));
    case Opcode::kLoadOutputs:
      return read(std::get<LoadOutputs>(command.body));
    case Opcode::kLoadTable:
      return read(std::get<LoadTable>(command.body));
    case Opcode::kPool:
      return vector(std::get<Pool>(command.body));
    case Opcode::kAdd:
      return vector(std::get<Add>(command.body));
    case Opcode::kLookup:
      return vector(std::get<Lookup>(command.body));
    case Opcode::kCompute: {
      const auto& compute = std::get<Compute>(command.body);
      const RowGroupSteps* groups = row_groups_[&command - program_->commands.data()];
      const ComputeTimeline::Outcome outcome = compute_.perform(compute, groups, popped);
      count_events(compute, compute_.tiles_of(compute), groups, config_, events);
      schedule_.accepted(outcome.accepted);
      schedule_.completed(engine, outcome.completed);
      return;
    }
    case Opcode::kStore: {
      const auto& store = std::get<Store>(command.body);
      const TransferCost& cost = transfers_.store(store);
      count_events(store, cost, events);
      schedule_.completed(engine, popped + cost.cycles);
      return;
    }
    case Opcode::kEnd:
    case Opcode::kBarrier:
      return;  // the schedule's own
  }
}

Analysis analyze(const Program& program, const AcceleratorConfig& config, const IdealMemoryTiming& memory,
                 WeightStatistics& weights) {
  return Timeline(config, memory).analyze(program, weights);
}

}  // namespace bitbalance::timeline
