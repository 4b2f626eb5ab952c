#include "hw/compiler/lowering/constants.h"

#include <algorithm>

#include "hw/isa/command/parameter_entry.h"
#include "hw/isa/lookup_table.h"
#include "hw/isa/weight/row_stream.h"

namespace bitbalance::compiler {
namespace {

/// Calls `body` with the layer's number of each `step`-th output channel of each conv group of the blob, in
/// order, and how many of the blob's channels there are from it up to the next, `step` at most.
template <class Body>
void for_channels(const ConstantsBlob& blob, const QuantizedLayer& layer, int step, const Body& body) {
  const std::size_t channels_of_group = layer.bias.size() / static_cast<std::size_t>(layer.groups);
  const int end = blob.channel + blob.channels;
  for (int group = blob.group; group < blob.group + blob.groups; ++group) {
    for (int channel = blob.channel; channel < end; channel += step) {
      body(static_cast<std::size_t>(group) * channels_of_group + static_cast<std::size_t>(channel),
           std::min(step, end - channel));
    }
  }
}

// Rows follow the output channels: a row group is the next rows of the blob.
std::vector<std::uint8_t> pack_weights(const ConstantsBlob& blob, const QuantizedLayer& layer,
                                       const AcceleratorConfig& config) {
  const RowStream stream(layer.weight_bits, layer.nnzb, config);
  const std::size_t filter = layer.weights.size() / layer.bias.size();
  const auto area = static_cast<std::size_t>(layer.window.area());
  const std::size_t steps = static_cast<std::size_t>(blob.input_channels) * area;
  std::vector<std::uint8_t> bytes;
  for_channels(blob, layer, config.rows, [&](std::size_t channel, int rows) {
    const std::int16_t* const first =
        layer.weights.data() + channel * filter + static_cast<std::size_t>(blob.input_channel) * area;
    int limit = 1;
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row)
      limit = std::max(limit, stream.limit_for(first + row * filter, steps));
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row)
      stream.append(bytes, first + row * filter, steps, limit);
  });
  return bytes;
}

std::vector<std::uint8_t> bytes_of(const ConstantsBlob& blob, const QuantizedLayer& layer,
                                   const AcceleratorConfig& config) {
  std::vector<std::uint8_t> bytes;
  switch (blob.kind) {
    case ConstantsBlob::Kind::kWeights:
      return pack_weights(blob, layer, config);
    case ConstantsBlob::Kind::kParameters:
      for_channels(blob, layer, 1, [&](std::size_t channel, int /*channels*/) {
        const Rescale& rescale = layer.rescale[channel];
        append_parameter(bytes, {layer.bias[channel], rescale.multiplier, rescale.shift});
      });
      break;
    case ConstantsBlob::Kind::kReciprocals:
      std::for_each(layer.rescale.end() - blob.channels, layer.rescale.end(), [&](const Rescale& rescale) {
        append_parameter(bytes, {0, rescale.multiplier, rescale.shift});
      });
      break;
    case ConstantsBlob::Kind::kTable:
      static_assert(table_entries(Width::k8) == table_entries(8) &&
                    table_entries(Width::k16) == table_entries(16));
      return table_image(layer.table);
  }
  return bytes;
}

}  // namespace

void write_constants(const QuantizedNetwork& network, const AcceleratorConfig& config, Program& program) {
  program.constants.assign(program.constants_bytes, 0);
  const auto write = [&](std::size_t offset, const auto& bytes) {
    std::copy(bytes.begin(), bytes.end(), program.constants.begin() + static_cast<std::ptrdiff_t>(offset));
  };
  ProgramHeader header;
  header.config_hash = config_hash(config);
  header.commands = static_cast<std::uint32_t>(program.commands.size());
  header.constants_bytes = program.constants_bytes;
  header.data_bytes = program.data_bytes;
  write(0, encode(header));
  for (std::size_t i = 0; i < program.commands.size(); ++i)
    write((i + 1) * kCommandBytes, encode(program.commands[i], static_cast<std::uint32_t>(i)));
  for (const ConstantsBlob& blob : program.blobs)
    write(blob.offset, bytes_of(blob, network.layers[blob.layer], config));
}

}  // namespace bitbalance::compiler
