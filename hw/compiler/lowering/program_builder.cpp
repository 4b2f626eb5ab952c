#include "hw/compiler/lowering/program_builder.h"

#include <algorithm>

namespace bitbalance::compiler {

ProgramBuilder::ProgramBuilder(const QuantizedNetwork& network, const AcceleratorConfig& config,
                               const MapperOptions& options, const Program* before, Regions regions,
                               BuildWatcher* watcher)
    : weights(config.weight_bank_bytes, Regions::kMayWrap),
      parameters(config.parameter_entries(), regions),
      tables(config.lookup_tables, Regions::kContiguous),
      activations(config.activation_buffer_bytes, regions),
      outputs(config.output_buffer_bytes, regions),
      network_(network),
      config_(config),
      options_(options),
      watcher_(watcher),
      places_(network.tensors.size(), -1),
      writes_(network.tensors.size()) {
  program_.batch = options.batch;
  // A large network's; where somebody watches, most programs end early.
  const std::size_t expected = watcher == nullptr ? 4096 : 64;
  program_.commands.reserve(expected);
  prerequisites_.reserve(expected);
  if (before != nullptr) {
    for (const TensorPlacement& placement : before->tensors) place(placement);
    program_.data_bytes = before->data_bytes;
    program_.first_layer = before->first_layer + static_cast<int>(before->layers.size());
  }
}

std::uint32_t ProgramBuilder::place_constants(ConstantsBlob blob, std::int64_t bytes) {
  blob.offset =
      command_field<std::uint32_t>(align_up(blob_bytes_, kDramAlignment), network_.name, "constants");
  blob_bytes_ = blob.offset + bytes;
  program_.blobs.push_back(blob);
  return blob.offset;
}

Command& ProgramBuilder::new_command(const Prerequisites& prerequisites) {
  prerequisites_.push_back(prerequisites);
  Command& command = program_.commands.emplace_back();
  if (!program_.layers.empty()) {
    command.header.layer = command_field<std::uint16_t>(
        program_.first_layer + static_cast<std::int64_t>(program_.layers.size()) - 1,
        program_.layers.back().name, "layer number");
  }
  return command;
}

TensorSlice ProgramBuilder::slice(int tensor, const TensorRange& range) const {
  const QuantizedTensor& t = network_.tensors[tensor];
  const TensorPlacement* placed = find_placement(tensor);
  const std::int64_t bytes = t.bits / 8;
  const std::int64_t row_pitch = t.shape.width * bytes;
  const std::int64_t channel_pitch = t.shape.height * row_pitch;
  TensorSlice s;
  s.dram_offset = command_field<std::uint32_t>(
      placed->offset + std::int64_t{range.image} * placed->image_pitch + range.channel * channel_pitch +
          range.row * row_pitch + range.column * bytes,
      t.name, "DRAM offset");
  s.image_pitch = placed->image_pitch;
  s.channel_pitch = static_cast<std::uint32_t>(channel_pitch);
  s.images = command_field<std::uint16_t>(range.images, t.name, "images");
  s.channels = command_field<std::uint16_t>(range.channels, t.name, "channels");
  s.rows = command_field<std::uint16_t>(range.rows, t.name, "rows");
  s.columns = command_field<std::uint16_t>(range.columns, t.name, "columns");
  s.width = width_of(t.bits);
  if (range.rows > 1) s.row_gap = static_cast<std::uint32_t>((t.shape.width - range.columns) * bytes);
  return s;
}

std::pair<int, TensorRange> ProgramBuilder::in_parent(int tensor, const TensorRange& range) const {
  const QuantizedTensor& t = network_.tensors[tensor];
  TensorRange moved = range;
  moved.channel += t.channel_offset;
  return {t.parent < 0 ? tensor : t.parent, moved};
}

void ProgramBuilder::wrote(int tensor, const TensorRange& range, CommandIndex store) {
  const auto [whole, moved] = in_parent(tensor, range);
  writes_[whole].add(moved, store);
}

Prerequisites ProgramBuilder::written(int tensor, const TensorRange& part) const {
  Prerequisites result;
  const auto [whole, range] = in_parent(tensor, part);
  if (const std::optional<CommandIndex> store = writes_[whole].latest(range))
    result.add(Engine::kStore, *store);
  return result;
}

void ProgramBuilder::place_tensor(int tensor) {
  const QuantizedTensor& t = network_.tensors[tensor];
  TensorPlacement p;
  p.tensor = tensor;
  if (t.parent >= 0) {
    if (find_placement(t.parent) == nullptr) place_tensor(t.parent);
    const TensorPlacement& whole = *find_placement(t.parent);
    const std::int64_t plane_bytes = std::int64_t{t.shape.height} * t.shape.width * t.bits / 8;
    p.offset = static_cast<std::uint32_t>(whole.offset + t.channel_offset * plane_bytes);
    p.image_pitch = whole.image_pitch;
    return place(p);
  }
  p.offset = program_.data_bytes;
  p.image_pitch = command_field<std::uint32_t>(align_up(t.shape.elements() * t.bits / 8, kDramAlignment),
                                               t.name, "image size");
  program_.data_bytes = command_field<std::uint32_t>(
      std::int64_t{program_.data_bytes} + std::int64_t{p.image_pitch} * options_.batch, t.name,
      "size of the data region");
  place(p);
}

void ProgramBuilder::place(const TensorPlacement& placement) {
  places_[placement.tensor] = static_cast<int>(program_.tensors.size());
  program_.tensors.push_back(placement);
}

void ProgramBuilder::begin_layer(ProgramLayer layer) {
  place_tensor(layer.output);
  program_.layers.push_back(std::move(layer));
}

void ProgramBuilder::end_layer() {
  program_.commands.back().header.layer_end = true;
  if (options_.barrier == LayerBarrier::kCommand) emit(Barrier{}, {});
  end_block();
}

Program ProgramBuilder::finish(std::vector<ProgramLayer> host_layers) && {
  for (ProgramLayer& layer : host_layers) begin_layer(std::move(layer));
  set_dependence_flags(program_.commands, prerequisites_);

  // Commands follow the header, blobs the commands.
  static_assert(kCommandBytes % kDramAlignment == 0);
  const std::int64_t shift = static_cast<std::int64_t>(program_.commands.size() + 1) * kCommandBytes;
  // Whole bursts can be read to the very end.
  program_.constants_bytes =
      command_field<std::uint32_t>(align_up(shift + blob_bytes_, DramInterfaceConfig::kMostBurstBytes),
                                   network_.name, "size of the constants");
  program_.data_bytes = command_field<std::uint32_t>(
      align_up(std::int64_t{program_.data_bytes}, DramInterfaceConfig::kMostBurstBytes), network_.name,
      "size of the data region");
  const auto shift_bytes = static_cast<std::uint32_t>(shift);
  for (ConstantsBlob& blob : program_.blobs) blob.offset += shift_bytes;
  for (Command& command : program_.commands) {
    if (auto* w = std::get_if<LoadWeights>(&command.body)) w->dram_offset += shift_bytes;
    if (auto* p = std::get_if<LoadParameters>(&command.body)) p->dram_offset += shift_bytes;
    if (auto* t = std::get_if<LoadTable>(&command.body)) t->dram_offset += shift_bytes;
  }
  return std::move(program_);
}

}  // namespace bitbalance::compiler
