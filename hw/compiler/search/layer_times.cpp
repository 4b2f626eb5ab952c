#include "hw/compiler/search/layer_times.h"

#include <optional>
#include <variant>

#include "hw/compiler/search/program_clock.h"

namespace bitbalance::compiler {
namespace {

/// Later than all that does not wait for it.
constexpr Edge kLate = Edge{1} << 40;

}  // namespace

LayerTimesTable::Memo::Shape LayerTimesTable::key(const AcceleratorConfig& config, std::size_t layer,
                                                  const LayerMapping* block) {
  if (block == nullptr) return key_of(LayerMapping{}, layer, 0, config.output_buffer_bytes);
  return key_of(*block, layer, config.activation_buffer_bytes, config.output_buffer_bytes);
}

const LayerTimes& LayerTimesTable::of(ProgramLayers& layers, const AcceleratorConfig& config,
                                      std::size_t layer, const LayerMapping* block) {
  return times_.get(key(config, layer, block), [&] {
    LayerTimes times;
    layers.lower_alone(config, layer, block,
                       [&](const ProgramBuilder& builder) { times = times_of(builder); });
    return times;
  });
}

LayerTimes LayerTimesTable::times_of(const ProgramBuilder& builder) {
  const Program& program = builder.unfinished();
  groups_.clear();
  resident_.restart(program, weights_);
  for (std::size_t i = 0; i < program.commands.size(); ++i) groups_.push_back(resident_.find(i));
  LayerTimes times;
  for (const Command& command : program.commands) {
    const auto* const compute = std::get_if<Compute>(&command.body);
    if (compute == nullptr) continue;
    times.first_compute_stores = compute->last_chunk;
    break;
  }
  run(builder, Engine::kCompute);
  times.after_compute = ends();
  times.until_loaded = run(builder, Engine::kLoad);
  times.after_load = ends();
  times.first_weights = builder.weights.first_size();
  times.last_weights = builder.weights.last_size();
  times.first_activations = builder.activations.first_size();
  times.last_activations = builder.activations.last_size();
  times.first_outputs = builder.outputs.first_size();
  times.last_outputs = builder.outputs.last_size();
  return times;
}

Edge LayerTimesTable::run(const ProgramBuilder& builder, Engine engine) {
  clock_.restart(engine, kLate);
  completed_.clear();
  const std::vector<Command>& commands = builder.unfinished().commands;
  std::optional<Edge> loaded;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const auto& body = commands[i].body;
    if (std::holds_alternative<LoadActivations>(body) || std::holds_alternative<LoadOutputs>(body))
      if (!loaded) loaded = clock_.free(Engine::kLoad);
    const Edge ready = ready_edge(commands[i], builder.prerequisites()[i], completed_);
    completed_.push_back(clock_.append(commands[i], groups_[i], ready));
  }
  return loaded.value_or(kLate) - kLate;
}

LayerTimes::Ends LayerTimesTable::ends() const {
  const auto end = [&](Engine engine) {
    const Edge free = clock_.free(engine);
    return free >= kLate ? free - kLate : LayerTimes::kNotAtAll;
  };
  return {end(Engine::kCompute), end(Engine::kLoad), end(Engine::kStore)};
}

}  // namespace bitbalance::compiler
