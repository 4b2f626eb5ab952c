#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include "hw/compiler/lowering/layer_lowering.h"
#include "quant/ir/window_limits.h"

namespace bitbalance::compiler {
namespace {

/// Where a block begins and how much of it there is: mapping sizes cut at the layer's edges.
struct Block {
  int group = 0, groups = 1;      ///< conv groups
  int channel = 0, channels = 1;  ///< output channels within a group
  int image = 0, images = 1;
  int row = 0, rows = 1;        ///< output rows before pooling
  int column = 0, columns = 1;  ///< the same of its columns
};

/// Input channels of one group that a compute command works on.
struct Chunk {
  int index = 0, channel = 0, channels = 1;
  bool first = true, last = true;
};

class ConvolutionLowering {
 public:
  ConvolutionLowering(ProgramBuilder& builder, const Convolution& conv, const LayerMapping& mapping)
      : builder_(builder),
        conv_(conv),
        layer_(*conv.layer),
        mapping_(mapping),
        all_channels_resident_(activations_resident(conv, mapping)),
        parameter_blobs_(static_cast<std::size_t>(conv.group_blocks(mapping)) *
                         conv.channel_blocks(mapping)) {
    weight_blobs_.resize(parameter_blobs_.size() * conv.chunks(mapping));
  }

  void emit() {
    Block b;
    for (b.group = 0; b.group < conv_.groups; b.group += mapping_.conv_groups) {
      b.groups = std::min(mapping_.conv_groups, conv_.groups - b.group);
      if (mapping_.order == LoopOrder::kWeightsOuter) {
        for_channels(b, [&] { for_space(b, [&] { emit_block(b); }); });
      } else {
        for_space(b, [&] { for_channels(b, [&] { emit_block(b); }); });
      }
    }
  }

 private:
  /// A region and what must have completed before its content can be used.
  struct Loaded {
    RingBuffer::Region region;
    Prerequisites ready;
  };

  template <class Body>
  void for_channels(Block& b, const Body& body) {
    for (b.channel = 0; b.channel < conv_.out_channels; b.channel += mapping_.output_channels) {
      b.channels = std::min(mapping_.output_channels, conv_.out_channels - b.channel);
      body();
    }
  }
  template <class Body>
  void for_space(Block& b, const Body& body) {
    for (b.image = 0; b.image < conv_.batch; b.image += mapping_.images) {
      b.images = std::min(mapping_.images, conv_.batch - b.image);
      for (b.row = 0; b.row < conv_.out_rows; b.row += mapping_.rows) {
        b.rows = std::min(mapping_.rows, conv_.out_rows - b.row);
        for_columns(b, body);
      }
    }
  }
  template <class Body>
  void for_columns(Block& b, const Body& body) {
    const int end = conv_.cuts_width(mapping_) ? conv_.columns_to_cut() : conv_.out_columns;
    for (b.column = 0; b.column < end; b.column += mapping_.columns) {
      b.columns = std::min(mapping_.columns, end - b.column);
      if (!builder_.stopped()) body();
    }
  }

  void emit_block(const Block& b) {
    const int result_rows = b.rows / conv_.pool_h, result_columns = b.columns / conv_.pool_w;
    const std::int64_t plane = std::int64_t{result_rows} * result_columns;
    const std::int64_t image_elements = std::int64_t{b.groups} * b.channels * plane;
    const auto output =
        builder_.outputs.allocate(align_up(image_elements * b.images * conv_.element_bytes(), 2), 2);
    const TensorRange range{b.image,
                            b.images,
                            b.group * conv_.out_channels + b.channel,
                            b.groups * b.channels,
                            b.row / conv_.pool_h,
                            result_rows,
                            b.column / conv_.pool_w,
                            result_columns};

    CommandIndex compute = 0;
    for (int index = 0; index < conv_.chunks(mapping_); ++index) {
      Chunk chunk{index, index * mapping_.channels, 0, index == 0, index + 1 == conv_.chunks(mapping_)};
      chunk.channels = std::min(mapping_.channels, conv_.in_channels - chunk.channel);
      const Loaded& weights = load_weights(b, chunk);
      const Loaded& parameters = load_parameters(b);
      const Loaded& activations = load_activations(b, chunk);
      Prerequisites needed;
      needed.add(weights.ready);
      needed.add(parameters.ready);
      needed.add(activations.ready);
      if (chunk.last) needed.add(conv_.operand ? load_operand(range, output) : output.free);
      const bool asks_table = chunk.last && conv_.lookup != nullptr;
      if (asks_table) needed.add(Engine::kLoad, table().load);

      Compute c = geometry(b, chunk);
      c.weight_base = static_cast<std::uint32_t>(weights.region.begin);
      c.parameter_base = static_cast<std::uint16_t>(parameters.region.begin);
      c.activation_base = static_cast<std::uint32_t>(activations.region.begin / conv_.element_bytes());
      c.activation_image_stride = static_cast<std::uint32_t>(activation_image_stride_);
      if (all_channels_resident_)
        c.activation_base += static_cast<std::uint32_t>(chunk.channel * channel_stride_);
      c.output_base = static_cast<std::uint32_t>(output.begin / conv_.element_bytes());
      c.output_image_stride =
          command_field<std::uint32_t>(image_elements, layer_.name, "output image stride");
      if (asks_table) {
        c.lookup = true;
        c.table = static_cast<std::uint8_t>(table().region.begin);
      }
      compute = builder_.emit(c, needed);
      if (asks_table) builder_.tables.used_by(table().region.id, Engine::kCompute, compute);
      builder_.weights.used_by(weights.region.id, Engine::kCompute, compute);
      builder_.parameters.used_by(parameters.region.id, Engine::kCompute, compute);
      builder_.activations.used_by(activations.region.id, Engine::kCompute, compute);
    }

    Store s;
    s.slice = builder_.slice(conv_.output, range);
    s.base = static_cast<std::uint32_t>(output.begin / conv_.element_bytes());
    s.image_stride = static_cast<std::uint32_t>(image_elements);
    Prerequisites computed;
    computed.add(Engine::kCompute, compute);
    const CommandIndex store = builder_.emit(s, computed);
    builder_.outputs.used_by(output.id, Engine::kStore, store);
    builder_.wrote(conv_.output, range, store);
    builder_.end_block();
  }

  /// Everything of the compute command but its places in the buffers.
  Compute geometry(const Block& b, const Chunk& chunk) const {
    const Window& w = layer_.window;
    const QuantizedTensor& input = builder_.network().tensors[layer_.input];
    const QuantizedTensor& output = builder_.network().tensors[conv_.output];
    Compute c;
    c.channels = field<std::uint16_t>(chunk.channels, "input channels");
    c.conv_groups = field<std::uint16_t>(b.groups, "conv groups");
    c.output_channels = field<std::uint16_t>(b.channels, "output channels");
    c.plane_rows = field<std::uint16_t>(ceil_div(input_rows_of(b).padded(), w.stride_h), "rows of a block");
    c.plane_columns = field<std::uint16_t>(ceil_div(input_columns_of(b).padded(), w.stride_w), "columns");
    c.images = field<std::uint16_t>(b.images, "images");
    c.rows = field<std::uint16_t>(b.rows, "output rows");
    c.columns = field<std::uint16_t>(b.columns, "output columns");
    c.kernel_h = field<std::uint8_t>(w.kernel_h, "kernel height");
    c.kernel_w = field<std::uint8_t>(w.kernel_w, "kernel width");
    c.stride_h = nibble(w.stride_h, "vertical stride");
    c.stride_w = nibble(w.stride_w, "horizontal stride");
    c.dilation_h = nibble(w.dilation_h, "vertical dilation");
    c.dilation_w = nibble(w.dilation_w, "horizontal dilation");
    c.pool_h = nibble(conv_.pool_h, "pooling height");
    c.pool_w = nibble(conv_.pool_w, "pooling width");
    c.weight_bits = static_cast<std::uint8_t>(layer_.weight_bits);
    c.nnzb = static_cast<std::uint8_t>(layer_.nnzb);
    c.clip_low = field<std::int16_t>(conv_.clip_low, "clip_low");
    c.clip_high = field<std::int16_t>(conv_.clip_high, "clip_high");
    c.width = conv_.width;
    c.input_signed = input.is_signed;
    c.output_signed = output.is_signed;
    c.first_chunk = chunk.first;
    c.last_chunk = chunk.last;
    c.operand = conv_.operand && chunk.last;
    if (c.operand) {
      c.operand_multiplier = layer_.operand_rescale.multiplier;
      c.operand_shift = layer_.operand_rescale.shift;
      c.operand_signed = builder_.network().tensors[layer_.operand].is_signed;
    }
    return c;
  }

  const Loaded& load_weights(const Block& b, const Chunk& chunk) {
    const auto key = std::make_tuple(b.group, b.channel, chunk.index);
    if (weights_ && weights_key_ == key) return *weights_;
    const int array_rows = builder_.config().rows;
    const int row_groups = ceil_div(b.channels, array_rows);
    LoadWeights load;
    load.row_bytes = conv_.row_stream.bytes(std::int64_t{chunk.channels} * conv_.kernel_area());
    load.groups = field<std::uint16_t>(std::int64_t{b.groups} * row_groups, "row groups of a block");
    load.groups_per_conv_group = field<std::uint16_t>(row_groups, "row groups of a conv group");
    load.rows = static_cast<std::uint16_t>(std::min(array_rows, b.channels));
    load.last_rows = static_cast<std::uint16_t>(b.channels - (row_groups - 1) * array_rows);
    std::optional<std::uint32_t>& offset =
        weight_blobs_[block_index(b) * conv_.chunks(mapping_) + chunk.index];
    if (!offset) {
      ConstantsBlob blob = blob_of(b);
      blob.input_channel = chunk.channel;
      blob.input_channels = chunk.channels;
      offset = builder_.place_constants(blob, std::int64_t{b.groups} * b.channels * load.row_bytes);
    }
    load.dram_offset = *offset;

    weights_key_ = key;
    weights_ = Loaded{builder_.weights.allocate(std::int64_t{load.groups} * load.row_bytes, 8), {}};
    load.base = static_cast<std::uint32_t>(weights_->region.begin);
    weights_->ready.add(Engine::kLoad, builder_.emit(load, weights_->region.free));
    return *weights_;
  }

  /// What is the same for weights and parameters.
  ConstantsBlob blob_of(const Block& b) const {
    ConstantsBlob blob;
    blob.layer = builder_.layer_index(layer_);
    blob.group = b.group;
    blob.groups = b.groups;
    blob.channel = b.channel;
    blob.channels = b.channels;
    return blob;
  }

  const Loaded& load_parameters(const Block& b) {
    const auto key = std::make_tuple(b.group, b.channel);
    if (parameters_ && parameters_key_ == key) return *parameters_;
    LoadParameters load;
    load.entries = field<std::uint16_t>(std::int64_t{b.groups} * b.channels, "parameter entries");
    std::optional<std::uint32_t>& offset = parameter_blobs_[block_index(b)];
    if (!offset) {
      ConstantsBlob blob = blob_of(b);
      blob.kind = ConstantsBlob::Kind::kParameters;
      offset =
          builder_.place_constants(blob, std::int64_t{load.entries} * AcceleratorConfig::kParameterBytes);
    }
    load.dram_offset = *offset;
    parameters_key_ = key;
    parameters_ = Loaded{builder_.parameters.allocate(load.entries), {}};
    load.base = static_cast<std::uint16_t>(parameters_->region.begin);
    parameters_->ready.add(Engine::kLoad, builder_.emit(load, parameters_->region.free));
    return *parameters_;
  }

  const Loaded& load_activations(const Block& b, const Chunk& chunk) {
    const auto key =
        std::make_tuple(b.group, b.image, b.row, b.column, all_channels_resident_ ? 0 : chunk.index);
    if (activations_ && activations_key_ == key) return *activations_;
    const int first_channel = all_channels_resident_ ? 0 : chunk.channel;
    const int channels = all_channels_resident_ ? conv_.in_channels : chunk.channels;
    const InputSpan rows = input_rows_of(b), columns = input_columns_of(b);
    channel_stride_ = channel_stride(layer_.window, rows.padded(), columns.padded());
    activation_image_stride_ = image_stride(std::int64_t{b.groups} * channels * channel_stride_, b.images);

    LoadActivations load;
    const TensorRange range{b.image,
                            b.images,
                            b.group * conv_.in_channels + first_channel,
                            b.groups * channels,
                            rows.first,
                            rows.size,
                            columns.first,
                            columns.size};
    load.slice = builder_.slice(layer_.input, range);
    load.image_stride = field<std::uint32_t>(activation_image_stride_, "activation image stride");
    load.pad_top = field<std::uint8_t>(rows.pad_before, "top padding");
    load.pad_bottom = field<std::uint8_t>(rows.pad_after, "bottom padding");
    load.pad_left = field<std::uint8_t>(columns.pad_before, "left padding");
    load.pad_right = field<std::uint8_t>(columns.pad_after, "right padding");
    load.stride_h = nibble(layer_.window.stride_h, "vertical stride");
    load.stride_w = nibble(layer_.window.stride_w, "horizontal stride");

    activations_key_ = key;
    activations_ = Loaded{builder_.activations.allocate(
                              align_up(activation_image_stride_ * b.images * conv_.element_bytes(), 2), 2),
                          {}};
    load.base = static_cast<std::uint32_t>(activations_->region.begin / conv_.element_bytes());
    Prerequisites before = activations_->region.free;
    before.add(builder_.written(layer_.input, range));
    activations_->ready.add(Engine::kLoad, builder_.emit(load, before));
    return *activations_;
  }

  /// Loaded once for the layer, behind what its first block needs anyway.
  const LoadedTable& table() {
    if (!table_) table_ = load_table(builder_, *conv_.lookup);
    return *table_;
  }

  /// Preloads the residual operand into the place of the results.
  Prerequisites load_operand(const TensorRange& range, const RingBuffer::Region& output) {
    LoadOutputs load;
    load.slice = builder_.slice(layer_.operand, range);
    load.base = static_cast<std::uint32_t>(output.begin / conv_.element_bytes());
    load.image_stride = static_cast<std::uint32_t>(std::int64_t{range.channels} * range.rows * range.columns);
    Prerequisites before = output.free;
    before.add(builder_.written(layer_.operand, range));
    Prerequisites ready;
    ready.add(Engine::kLoad, builder_.emit(load, before));
    return ready;
  }

  /// Of a block's conv groups and output channels, in the layer.
  int block_index(const Block& b) const {
    return b.group / mapping_.conv_groups * conv_.channel_blocks(mapping_) +
           b.channel / mapping_.output_channels;
  }
  InputSpan input_rows_of(const Block& b) const {
    return input_rows(layer_.window, conv_.in_rows, b.row, b.rows);
  }
  InputSpan input_columns_of(const Block& b) const {
    return input_columns(layer_.window, conv_.in_columns, conv_.out_columns, b.column, b.columns);
  }

  template <class T>
  T field(std::int64_t value, const char* name) const {
    return command_field<T>(value, layer_.name, name);
  }
  /// Fields of four bits.
  std::uint8_t nibble(int value, const char* name) const {
    if (value < 1 || value > kMostStride) {
      throw ConfigError("layer " + layer_.name, name, fmt::format("{}", value),
                        fmt::format("1 to {}", kMostStride));
    }
    return static_cast<std::uint8_t>(value);
  }

  ProgramBuilder& builder_;
  const Convolution& conv_;
  const QuantizedLayer& layer_;
  const LayerMapping& mapping_;
  bool all_channels_resident_;
  // Offsets, by block of conv groups and output channels; of weights also by chunk.
  std::vector<std::optional<std::uint32_t>> parameter_blobs_, weight_blobs_;

  // What the buffers hold at this point of the program.
  std::optional<Loaded> weights_, parameters_, activations_;
  std::optional<LoadedTable> table_;
  std::tuple<int, int, int> weights_key_;
  std::tuple<int, int> parameters_key_;
  std::tuple<int, int, int, int, int> activations_key_;
  std::int64_t channel_stride_ = 0;
  std::int64_t activation_image_stride_ = 0;
};

}  // namespace

void lower_convolution(ProgramBuilder& builder, const Convolution& conv, const LayerMapping& mapping) {
  ConvolutionLowering(builder, conv, mapping).emit();
}

}  // namespace bitbalance::compiler
