#include "hw/timeline/engine_timings.h"

#include <fmt/format.h>

#include <stdexcept>

#include "hw/timeline/vector_duration.h"

namespace bitbalance::timeline {

EngineTimings::Outcome EngineTimings::perform(const Command& command, const RowGroupSteps* groups,
                                              Edge popped) {
  const auto transferred = [&](const TransferCost& cost) {
    const Edge seen = popped + cost.cycles + 1;
    return Outcome{seen, seen, &cost};
  };
  const auto vector = [&](const auto& body) {
    const Edge seen = popped + vector_duration(body, config_) + 1;
    return Outcome{seen, seen};
  };
  switch (opcode_of(command)) {
    case Opcode::kLoadWeights:
      return transferred(transfers_->load(std::get<LoadWeights>(command.body)));
    case Opcode::kLoadParameters:
      return transferred(transfers_->load(std::get<LoadParameters>(command.body)));
    case Opcode::kLoadActivations:
      return transferred(transfers_->load(std::get<LoadActivations>(command.body)));
    case Opcode::kLoadOutputs:
      return transferred(transfers_->load(std::get<LoadOutputs>(command.body)));
    case Opcode::kLoadTable:
      return transferred(transfers_->load(std::get<LoadTable>(command.body)));
    case Opcode::kStore:
      return transferred(transfers_->store(std::get<Store>(command.body)));
    case Opcode::kPool:
      return vector(std::get<Pool>(command.body));
    case Opcode::kAdd:
      return vector(std::get<Add>(command.body));
    case Opcode::kLookup:
      return vector(std::get<Lookup>(command.body));
    case Opcode::kCompute: {
      const ComputeTimeline::Outcome outcome =
          compute_.perform(std::get<Compute>(command.body), groups, popped);
      return {outcome.accepted + 1, outcome.completed + 1};
    }
    case Opcode::kEnd:
    case Opcode::kBarrier:
      break;
  }
  throw std::logic_error(fmt::format("{}: the controller's own", name_of(command)));
}

}  // namespace bitbalance::timeline
