#include "hw/compiler/segment.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "hw/compiler/blocks/vector_blocks.h"
#include "hw/compiler/lowering/layer_lowering.h"

namespace bitbalance::compiler {

void Segment::find_shapes() {
  if (!shape_of_.empty()) return;
  for (const std::size_t number : convolutions_) {
    const AcceleratorLayer& layer = layers_[number];
    BlockTable* const table = &tables_.of(layer, describe(layer, tables_.largest()), user_mapping(layer));
    const auto known = std::find(shapes_.begin(), shapes_.end(), table);
    shape_of_.push_back(static_cast<std::size_t>(known - shapes_.begin()));
    if (known == shapes_.end()) shapes_.push_back(table);
  }
}

std::vector<Proposal> Segment::propose(const AcceleratorConfig& config) {
  for (const AcceleratorLayer& l : layers_)
    if (!is_convolution(l) && !vector_layer_fits(network_, *l.layer, config)) return {};
  find_shapes();
  std::vector<Proposal> proposals(tables_.rates());
  for (BlockTable* const table : shapes_) {
    const std::vector<std::uint32_t>& best = table->best(config);
    if (best.empty()) return {};
    for (std::size_t i = 0; i < proposals.size(); ++i) proposals[i].push_back(best[i]);
  }
  return proposals;
}

Plan Segment::plan_of(const Proposal& proposal) {
  Plan plan;
  for (std::size_t c = 0; c < convolutions_.size(); ++c) {
    plan.push_back(table_of(c).block(proposal[shape_of_[c]]));
    plan.back().layer = convolution_number(c).layer->name;
  }
  return plan;
}

bool Segment::fits_in_full_width(const AcceleratorConfig& config) {
  find_shapes();
  return std::all_of(shapes_.begin(), shapes_.end(),
                     [&](BlockTable* table) { return table->fits_in_full_width(config); });
}

std::optional<LayerDemand> Segment::least_demand_in(const AcceleratorConfig& config) {
  LayerDemand sum;
  for (std::size_t c = 0; c < convolutions_.size(); ++c) {
    const std::optional<BlockDemand> least = table_of(c).least(config);
    if (!least) return {};
    sum += least->with(slots_of_a_tile(convolution_number(c), config), config);
  }
  return sum;
}

std::vector<LayerMapping> Segment::many(const AcceleratorConfig& config, std::size_t convolution,
                                        bool full_width) {
  const AcceleratorLayer& layer = convolution_number(convolution);
  return many_mappings(describe(layer, config), user_mapping(layer), full_width);
}

bool Segment::has_room(const AcceleratorConfig& config, const Plan& plan) {
  for (std::size_t c = 0; c < convolutions_.size(); ++c)
    if (!table_of(c).has_room(config, plan[c])) return false;
  return true;
}

bool Segment::cuts_channels(const Plan& plan) {
  for (std::size_t c = 0; c < convolutions_.size(); ++c)
    if (table_of(c).cuts_channels(plan[c])) return true;
  return false;
}

LayerDemand Segment::demand(const AcceleratorConfig& config, const Plan& plan) {
  LayerDemand sum;
  for (std::size_t c = 0; c < convolutions_.size(); ++c) {
    sum += table_of(c).demand(config, plan[c]).with(slots_of_a_tile(convolution_number(c), config), config);
  }
  return sum;
}

void Segment::outline(const AcceleratorConfig& config, const Plan& plan, ProgramOutline& outline) {
  outline.buffers = &config;
  outline.layers.clear();
  outline.times.assign(layers_.size(), nullptr);
  outline.producers = &producers_;
  std::size_t c = 0;
  for (const AcceleratorLayer& l : layers_) {
    if (!is_convolution(l)) {
      outline.layers.push_back(vector_outline(*l.layer));
      continue;
    }
    BlockTable& table = table_of(c);
    const std::int64_t slots = slots_of_a_tile(l, config);
    LayerOutline& entry = outline.layers.emplace_back(table.outline(config, plan[c]));
    entry.demand = table.demand(config, plan[c]).with(slots, config);
    entry.last_compute_cycles = entry.tiles * slots;
    ++c;
  }
}

std::vector<std::size_t> Segment::producers_of(std::size_t layer) const {
  const QuantizedLayer& reader = *layers_[layer].layer;
  std::vector<std::size_t> producers;
  for (std::size_t i = 0; i < layer; ++i) {
    const int output = layers_[i].last().output;
    const int parent = network_.tensors[output].parent;
    // The operand of a convolution is loaded later.
    for (const int read : {reader.input, is_convolution(layers_[layer]) ? -1 : reader.operand})
      if (read >= 0 && (read == output || read == parent)) producers.push_back(i);
  }
  return producers;
}

LayerOutline Segment::vector_outline(const QuantizedLayer& layer) const {
  const auto& input = network_.tensors[layer.input].shape;
  const auto& output = network_.tensors[layer.output].shape;
  LayerOutline outline;
  outline.input_rows_end = input.height;
  outline.input_columns_end = input.width;
  if (layer.op == LayerOp::kMaxPool || layer.op == LayerOp::kAvgPool) {
    // Its last windows may leave out some.
    const InputSpan rows = input_rows(layer.window, input.height, output.height - 1, 1);
    const InputSpan columns = input_columns(layer.window, input.width, output.width, output.width - 1, 1);
    outline.input_rows_end = rows.first + rows.size;
    outline.input_columns_end = columns.first + columns.size;
  }
  outline.last_row = output.height - 1;
  outline.last_column = output.width - 1;
  return outline;
}

LayerDemand Segment::least_demand(const AcceleratorConfig& config) {
  LayerDemand sum;
  for (const std::size_t number : convolutions_) {
    const AcceleratorLayer& layer = layers_[number];
    sum += least_demand_of(describe(layer, config)).with(slots_of_a_tile(layer, config), config);
  }
  return sum;
}

std::optional<MappedProgram> Segment::lower(const AcceleratorConfig& config, const Plan& plan,
                                            Regions regions, BuildWatcher* watcher) {
  MappedProgram result;
  ProgramBuilder builder(network_, config, options_, before_, regions, watcher);
  if (before_ == nullptr) builder.place_tensor(network_.input);
  auto mapping = plan.begin();
  for (const AcceleratorLayer& l : layers_) {
    lower_layer(builder, l, is_convolution(l) ? &*mapping : nullptr, config);
    if (builder.stopped()) return {};
    result.mappings.push_back(is_convolution(l) ? *mapping++ : LayerMapping{l.layer->name});
  }
  builder.end_program();
  if (builder.stopped()) return {};
  std::vector<ProgramLayer> host_layers;
  for (const std::size_t number : host_layers_) {
    const QuantizedLayer& layer = network_.layers[number];
    ProgramLayer entry = describe_layer(number);
    entry.op = layer.host.title;
    entry.on_host = true;
    host_layers.push_back(std::move(entry));
    result.mappings.push_back({layer.name});
  }
  result.program = std::move(builder).finish(std::move(host_layers));
  return result;
}

void Segment::lower_alone(const AcceleratorConfig& config, std::size_t layer, const LayerMapping* block,
                          const std::function<void(const ProgramBuilder&)>& look) {
  const AcceleratorLayer& l = layers_[layer];
  ProgramBuilder builder(network_, config, options_, nullptr, Regions::kMayWrap);
  for (const int tensor : {l.layer->input, l.layer->operand})
    if (tensor >= 0) builder.place_tensor(tensor);
  lower_layer(builder, l, block, config);
  look(builder);
}

void Segment::refuse(const AcceleratorConfig& config) {
  for (const AcceleratorLayer& l : layers_) {
    if (!is_convolution(l)) {
      if (vector_layer_fits(network_, *l.layer, config)) continue;
      ProgramBuilder builder(network_, config, options_, before_);
      if (before_ == nullptr) builder.place_tensor(network_.input);
      lower_layer(builder, l, nullptr, config);  // names the buffer
    } else {
      const LayerMapping user = user_mapping(l);
      if (tables_.of(l, describe(l, tables_.largest()), user).best(config).empty())
        refuse_mapping(describe(l, config), user);
    }
  }
  throw std::logic_error("every layer fits, and the program does not");
}

LayerMapping Segment::user_mapping(const AcceleratorLayer& l) const {
  LayerMapping user;
  for (const LayerMapping& m : options_.mappings)
    if (m.layer == l.layer->name) user = m;
  return completed(std::move(user), describe(l, tables_.largest()));
}

std::int64_t Segment::slots_of_a_tile(const AcceleratorLayer& l, const AcceleratorConfig& config) {
  auto [entry, is_new] = slots_.try_emplace(l.number);
  if (!is_new) return entry->second;
  const Convolution conv = describe(l, config);
  ConstantsBlob all;
  all.layer = static_cast<int>(l.number);
  all.input_channels = conv.in_channels;
  AcceleratorConfig steps_apart = config;
  if (rule_of(config.synchronization).tile_has_limit)
    steps_apart.synchronization = Synchronization::kGroupMax;
  const RowGroupSteps* groups = weights_.groups_of(all, steps_apart);
  const int count = conv.groups * ceil_div(conv.out_channels, config.rows);
  for (int g = 0; g < count; ++g) entry->second += groups[g].slots();
  return entry->second;
}

ProgramLayer Segment::describe_layer(std::size_t number) const {
  const QuantizedLayer& layer = network_.layers[number];
  ProgramLayer entry;
  entry.name = layer.name;
  entry.network_layers = {static_cast<int>(number)};
  entry.input = layer.input;
  entry.operand = layer.operand;
  entry.output = layer.output;
  entry.macs = macs(network_, layer);
  return entry;
}

void Segment::lower_layer(ProgramBuilder& builder, const AcceleratorLayer& l, const LayerMapping* mapping,
                          const AcceleratorConfig& config) const {
  ProgramLayer entry = describe_layer(l.number);
  switch (l.layer->op) {
    case LayerOp::kConv: {
      for (const QuantizedLayer* const fused : {l.pool, l.lookup})
        if (fused != nullptr) entry.network_layers.push_back(entry.network_layers.back() + 1);
      const Convolution conv = describe(l, config);
      entry.output = conv.output;
      entry.op = op_name(conv, network_, l);
      builder.begin_layer(std::move(entry));
      lower_convolution(builder, conv, *mapping);
      break;
    }
    case LayerOp::kMaxPool:
    case LayerOp::kAvgPool:
      entry.op = l.layer->op == LayerOp::kMaxPool ? "maxpool" : "avgpool";
      builder.begin_layer(std::move(entry));
      lower_pool(builder, *l.layer);
      break;
    case LayerOp::kAdd:
      entry.op = "add";
      builder.begin_layer(std::move(entry));
      lower_add(builder, *l.layer);
      break;
    case LayerOp::kLookup:
      entry.op = "lookup";
      builder.begin_layer(std::move(entry));
      lower_lookup(builder, *l.layer);
      break;
    case LayerOp::kHost:
      throw std::logic_error("a layer on the host has no commands");
  }
  builder.end_layer();
}

}  // namespace bitbalance::compiler
