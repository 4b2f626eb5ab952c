#include "testbench/run/program_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/text/nearest_word.h"
#include "hw/cost/cost_model.h"
#include "hw/isa/program/program_check.h"

namespace bitbalance::runner {

void check_names(const std::vector<LayerMapping>& mappings, const QuantizedNetwork& network) {
  for (const LayerMapping& mapping : mappings) {
    const bool is_there =
        std::any_of(network.layers.begin(), network.layers.end(), [&](const QuantizedLayer& layer) {
          return layer.op == LayerOp::kConv && layer.name == mapping.layer;
        });
    if (is_there) continue;
    std::vector<std::string> known;
    for (const QuantizedLayer& layer : network.layers)
      if (layer.op == LayerOp::kConv) known.push_back(layer.name);
    throw std::invalid_argument(
        fmt::format("mapping of layer {}: the network has no convolution of that name{}; accepted: {}",
                    mapping.layer, suggestion(mapping.layer, known), fmt::join(known, ", ")));
  }
}

namespace {

/// The user's choices for programs of `batch` images: for just these, or else for all.
std::vector<LayerMapping> mappings_for(const Scenario& scenario, int batch) {
  const std::vector<LayerMapping>& all = scenario.mapping.layers;
  std::vector<LayerMapping> chosen;
  for (const LayerMapping& mapping : all) {
    const bool has_own = std::any_of(all.begin(), all.end(), [&](const LayerMapping& m) {
      return m.batch == batch && m.layer == mapping.layer;
    });
    if (mapping.batch != (has_own ? batch : 0)) continue;
    LayerMapping& choice = chosen.emplace_back(mapping);
    // What is for all is made for a full batch.
    if (!has_own && batch < scenario.network.batch) choice.images = std::min(choice.images, batch);
  }
  return chosen;
}

}  // namespace

MapperOptions mapper_options(const Scenario& scenario, const QuantizedNetwork& network, int batch) {
  check_names(scenario.mapping.layers, network);
  MapperOptions options;
  options.batch = batch;
  options.barrier = scenario.mapping.barrier;
  options.fuse_pooling = scenario.mapping.fuse_pooling;
  options.memory = scenario.memory.ideal_timing(scenario.accelerator.clock_hz);
  options.objective = scenario.mapping.objective;
  options.effort = scenario.mapping.effort;
  if (scenario.technology) {
    // The accelerator's layers have one width, as each one's input and output do.
    const auto first = std::find_if(network.layers.begin(), network.layers.end(),
                                    [](const QuantizedLayer& l) { return !on_host(l.op); });
    const Width width =
        first == network.layers.end() ? Width::k8 : width_of(network.tensors[first->input].bits);
    const CostModel model(*scenario.technology, scenario.accelerator);
    options.energy_j = [model, width](const LayerProfile& layer) {
      const EnergyReport energy = model.energy(work_of(layer, width));
      return energy.core_j() + energy.dram_j();
    };
  }
  options.mappings = mappings_for(scenario, batch);
  return options;
}

std::vector<int> batch_sizes(int batch, int images) {
  std::vector<int> sizes = {std::min(batch, images)};
  if (images > batch && images % batch != 0) sizes.push_back(images % batch);
  return sizes;
}

std::string unused_mappings(const Scenario& scenario, int images) {
  const std::vector<int> sizes = batch_sizes(scenario.network.batch, images);
  std::set<int> unused;
  for (const LayerMapping& mapping : scenario.mapping.layers) {
    if (mapping.batch != 0 && std::find(sizes.begin(), sizes.end(), mapping.batch) == sizes.end())
      unused.insert(mapping.batch);
  }
  if (unused.empty()) return {};
  return fmt::format("mapping.layers: entries of batch {}: not used: programs are of {} images",
                     fmt::join(unused, ", "), fmt::join(sizes, " and "));
}

ProgramSet::ProgramSet(const Scenario& scenario, const QuantizedNetwork& network, int images) {
  for (const int size : batch_sizes(scenario.network.batch, images)) {
    Segments& segments = batches_.emplace_back();
    for (MappedProgram& mapped :
         build_segments(network, scenario.accelerator, mapper_options(scenario, network, size))) {
      require_synchronized(mapped.program, scenario.accelerator);
      const std::uint64_t base = layout_.add(mapped.program);
      segments.push_back({std::move(mapped), base});
    }
  }
}

const Segments& ProgramSet::next(int images_left) const {
  const int full = batches_.front().front().program().batch;
  return images_left >= full ? batches_.front() : batches_.back();
}

std::vector<std::string> ProgramSet::layer_names() const {
  return names([](const ProgramLayer& /*layer*/) { return true; });
}

std::vector<std::string> ProgramSet::accelerator_layer_names() const {
  return names([](const ProgramLayer& layer) { return !layer.on_host; });
}

std::vector<std::string> ProgramSet::names(bool (*counts)(const ProgramLayer&)) const {
  std::vector<std::string> result;
  for (const LoadedProgram& loaded : batches_.front()) {
    for (const ProgramLayer& layer : loaded.program().layers)
      if (counts(layer)) result.push_back(layer.name);
  }
  return result;
}

const Program& ProgramSet::program_with(const std::string& layer) const {
  const auto has_it = [&](const LoadedProgram& loaded) {
    const std::vector<ProgramLayer>& layers = loaded.program().layers;
    return std::any_of(layers.begin(), layers.end(), [&](const ProgramLayer& l) { return l.name == layer; });
  };
  const Segments& segments = batches_.front();
  const auto found = std::find_if(segments.begin(), segments.end(), has_it);
  return found == segments.end() ? segments.front().program() : found->program();
}

ChosenMappings ProgramSet::mappings() const {
  ChosenMappings chosen;
  for (const Segments& segments : batches_) {
    for (const LoadedProgram& loaded : segments) chosen.add(loaded.mapped, &segments == &batches_.front());
  }
  return chosen;
}

void ChosenMappings::add(const MappedProgram& mapped, bool full_batch) {
  for (const LayerMapping& mapping : mapped.mappings) {
    if (mapping.rows == 0) continue;
    layers.push_back(mapping);
    layers.back().batch = full_batch ? 0 : mapped.program.batch;
  }
  if (!full_batch) return;
  cycles += mapped.cycles;
  least_cycles += mapped.least_cycles;
}

std::string ChosenMappings::comment(MemoryKind memory) const {
  if (least_cycles == 0) return "";
  return fmt::format("# {} cycles by the timeline{}, {:.1f} % above what no mapping can beat\n", cycles,
                     memory == MemoryKind::kIdeal ? "" : " with an ideal memory of the peak rate",
                     100.0 * static_cast<double>(cycles - least_cycles) / static_cast<double>(least_cycles));
}

}  // namespace bitbalance::runner
