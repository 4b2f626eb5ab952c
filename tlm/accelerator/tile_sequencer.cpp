#include "tlm/accelerator/tile_sequencer.h"

#include <algorithm>

#include "hw/core/tokens.h"

namespace bitbalance::tlm_level {

TileSequencer::TileSequencer(const sc_core::sc_module_name& name, const AcceleratorConfig& config)
    : sc_module(name),
      commands("commands", [this](CommandBlock& block) { perform(block); }),
      config_(config) {}

void TileSequencer::perform(CommandBlock& block) {
  const auto& compute = std::get<Compute>(block.command->body);
  block.steps->resize(std::size_t{compute.conv_groups} *
                      static_cast<std::size_t>(compute.row_groups(config_.rows)));
  for (int conv_group = 0; conv_group < compute.conv_groups; ++conv_group) {
    send_weights(*block.command, conv_group, *block.steps);
    send_pixels(*block.command, conv_group);
  }
}

void TileSequencer::send_weights(const Command& command, int conv_group, std::vector<RowGroupSteps>& steps) {
  const auto& compute = std::get<Compute>(command.body);
  const WeightFormat format(compute.weight_bits, compute.nnzb, config_.token_form, config_.weight_storage);
  StreamBlock block;
  block.command = &command;
  block.row_bytes = row_bytes(static_cast<std::uint32_t>(compute.steps()), format);
  const int groups = compute.row_groups(config_.rows);
  for (block.row_group = 0; block.row_group < groups; ++block.row_group) {
    block.rows = std::min(config_.rows, compute.output_channels - block.row_group * config_.rows);
    const int stream_index = conv_group * groups + block.row_group;
    const auto stream = static_cast<std::uint64_t>(stream_index);
    block.address = static_cast<std::uint32_t>((compute.weight_base + stream * block.row_bytes) %
                                               static_cast<std::uint64_t>(config_.weight_bank_bytes));
    block.counts = &steps[stream];
    streams.send(block);
  }
}

void TileSequencer::send_pixels(const Command& command, int conv_group) {
  const auto& c = std::get<Compute>(command.body);
  const std::uint32_t channel_elements =
      std::uint32_t{c.stride_h} * c.stride_w * c.plane_rows * c.plane_columns;
  const std::uint32_t activations =
      c.activation_base + static_cast<std::uint32_t>(conv_group) * c.channels * channel_elements;
  const std::uint32_t rows = c.rows / c.pool_h, columns = c.columns / c.pool_w;  // of the results
  const std::uint32_t results =
      c.output_base + static_cast<std::uint32_t>(conv_group) * c.output_channels * rows * columns;
  const int lanes = config_.lanes(c.wide);

  LaneTile tile;
  tile.command = &command;
  tile.conv_group = conv_group;
  const auto flush = [&] {
    if (tile.lanes > 0) pixels.send(tile);
    tile.lanes = 0;
  };
  for (std::uint32_t image = 0; image < c.images; ++image) {
    for (std::uint32_t y = 0; y < c.rows; ++y) {
      for (std::uint32_t x = 0; x < c.columns; ++x) {
        const auto lane = static_cast<std::size_t>(tile.lanes);
        tile.base[lane] = activations + image * c.activation_image_stride + y * c.plane_columns + x;
        const std::uint32_t row = y / c.pool_h, column = x / c.pool_w;
        tile.address[lane] = row < rows && column < columns
                                 ? results + image * c.output_image_stride + row * columns + column
                                 : LaneTile::kDropped;
        tile.first_of_pool[lane] = y % c.pool_h == 0 && x % c.pool_w == 0;
        if (++tile.lanes == lanes) flush();
      }
      if (config_.column_mapping == ColumnMapping::kRow) flush();
    }
  }
  flush();
}

}  // namespace bitbalance::tlm_level
