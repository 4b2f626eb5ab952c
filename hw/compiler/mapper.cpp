#include "hw/compiler/mapper.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "base/text/config_error.h"
#include "hw/compiler/lowering/constants.h"
#include "hw/compiler/program_memo.h"
#include "hw/compiler/segment_builder.h"
#include "hw/compiler/sum_bounds.h"

namespace bitbalance::compiler {
namespace {

void check(const AcceleratorConfig& config, const MapperOptions& options) {
  isa::check(config);
  require(options.batch >= 1 && options.batch <= kMostBatch, "network", "batch", options.batch,
          fmt::format("1 to {}", kMostBatch));
  if (asks_energy(options.objective) && !options.energy_j) {
    throw std::invalid_argument(
        fmt::format("mapping.objective: {} without prices of energy; accepted: with "
                    "them, or cycles, dram_bytes",
                    to_string(options.objective)));
  }
}

}  // namespace

const char* to_string(LoopOrder order) {
  switch (order) {
    case LoopOrder::kActivationsOuter:
      return "activations_outer";
    case LoopOrder::kWeightsOuter:
      return "weights_outer";
  }
  return "?";
}

const char* to_string(LayerBarrier barrier) {
  switch (barrier) {
    case LayerBarrier::kNone:
      return "none";
    case LayerBarrier::kCommand:
      return "command";
    case LayerBarrier::kLayer:
      return "layer";
  }
  return "?";
}

bool asks_energy(MappingObjective objective) {
  return objective == MappingObjective::kEnergy || objective == MappingObjective::kEdp;
}

const char* to_string(MappingObjective objective) {
  switch (objective) {
    case MappingObjective::kCycles:
      return "cycles";
    case MappingObjective::kEnergy:
      return "energy";
    case MappingObjective::kEdp:
      return "edp";
    case MappingObjective::kDramBytes:
      return "dram_bytes";
  }
  return "?";
}

const char* to_string(MappingEffort effort) {
  switch (effort) {
    case MappingEffort::kFast:
      return "fast";
    case MappingEffort::kGood:
      return "good";
    case MappingEffort::kExhaustive:
      return "exhaustive";
  }
  return "?";
}

Mapper::Mapper(const QuantizedNetwork& network)
    : network_(network),
      shapes_(std::make_shared<ShapeTimings>()),
      programs_(std::make_shared<ProgramMemo>()) {
  validate(network);
  weights_ = std::make_unique<WeightStatistics>(network);
  for (const QuantizedLayer& layer : network.layers) largest_sums_.push_back(largest_sum(network, layer));
}

std::vector<MappedProgram> Mapper::map(const AcceleratorConfig& config, const MapperOptions& options) const {
  check(config, options);
  return SegmentBuilder(*this, largest_sums_, config, options, programs_->tables).run();
}

std::shared_ptr<const std::vector<MappedProgram>> Mapper::map_once(const AcceleratorConfig& config,
                                                                   const MapperOptions& options) const {
  check(config, options);
  return programs_->get(config, options, [&] {
    return std::make_shared<const std::vector<MappedProgram>>(
        SegmentBuilder(*this, largest_sums_, config, options, programs_->tables).run());
  });
}

std::vector<MappedProgram> build_segments(const QuantizedNetwork& network, const AcceleratorConfig& config,
                                          const MapperOptions& options) {
  std::vector<MappedProgram> segments = Mapper(network).map(config, options);
  for (MappedProgram& segment : segments) write_constants(network, config, segment.program);
  return segments;
}

MappedProgram build_program(const QuantizedNetwork& network, const AcceleratorConfig& config,
                            const MapperOptions& options) {
  std::vector<MappedProgram> segments = build_segments(network, config, options);
  if (segments.size() != 1 || segments.front().program.layers.back().on_host) {
    throw std::invalid_argument(fmt::format("layer {} runs on the host; accepted: accelerator layers alone",
                                            segments.front().program.layers.back().name));
  }
  return std::move(segments.front());
}

}  // namespace bitbalance::compiler
