#include "hw/core/mapper.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "hw/core/layer_lowering.h"

namespace bitbalance {
namespace {

const QuantizedTensor& tensor(const QuantizedNetwork& network, int index) {
  return network.tensors[static_cast<std::size_t>(index)];
}

/// The layer that alone reads the tensor, or nullptr.
const QuantizedLayer* only_reader(const QuantizedNetwork& network, int tensor_index) {
  const QuantizedLayer* reader = nullptr;
  if (tensor_index == network.output) return nullptr;
  for (const QuantizedLayer& l : network.layers) {
    if (l.input != tensor_index && l.operand != tensor_index) continue;
    if (reader != nullptr) return nullptr;
    reader = &l;
  }
  return reader;
}

bool pools_while_draining(const QuantizedLayer& l) {
  const Window& w = l.window;
  return l.op == LayerOp::kMaxPool && w.kernel_h == w.stride_h && w.kernel_w == w.stride_w &&
         w.kernel_h <= 15 && w.kernel_w <= 15 && w.dilation_h == 1 && w.dilation_w == 1 && w.pad_top == 0 &&
         w.pad_left == 0 && w.pad_bottom == 0 && w.pad_right == 0;
}

Convolution describe(const QuantizedNetwork& network, const QuantizedLayer& layer, const QuantizedLayer* pool,
                     const AcceleratorConfig& config, int batch) {
  const QuantizedTensor& input = tensor(network, layer.input);
  const Shape& out = tensor(network, layer.output).shape;
  Convolution c;
  c.layer = &layer;
  c.batch = batch;
  c.groups = layer.groups;
  c.in_channels = input.shape.channels / layer.groups;
  c.out_channels = out.channels / layer.groups;
  c.in_rows = input.shape.height;
  c.in_columns = input.shape.width;
  if (pool != nullptr) {
    c.pool_h = pool->window.kernel_h;
    c.pool_w = pool->window.kernel_w;
  }
  c.out_rows = out.height / c.pool_h * c.pool_h;
  c.out_columns = out.width;
  c.wide = input.bits == 16;
  c.operand = layer.operand >= 0;
  c.config = &config;
  return c;
}

void check_user_mapping(const LayerMapping& m, const Convolution& c) {
  const auto require = [&](bool ok, const char* key, int value, const std::string& accepted) {
    if (!ok) {
      throw std::invalid_argument(
          fmt::format("mapping of layer {}: {} = {}: accepted: {}", m.layer, key, value, accepted));
    }
  };
  const int rows = c.config->rows;
  require(m.rows == 0 || (m.rows > 0 && m.rows <= c.out_rows && m.rows % c.pool_h == 0), "rows", m.rows,
          fmt::format("multiples of {} up to {}", c.pool_h, c.out_rows));
  require(m.images == 0 || m.images == 1 || (m.images > 0 && m.images <= c.batch && m.rows == c.out_rows),
          "images", m.images, fmt::format("1, or up to {} with rows = {}", c.batch, c.out_rows));
  require(m.output_channels == 0 || m.output_channels == c.out_channels ||
              (m.output_channels > 0 && m.output_channels < c.out_channels && m.output_channels % rows == 0),
          "output_channels", m.output_channels,
          fmt::format("{}, or a smaller multiple of {}", c.out_channels, rows));
  require(m.conv_groups == 0 || m.conv_groups == 1 ||
              (m.conv_groups > 0 && m.conv_groups <= c.groups && m.output_channels == c.out_channels),
          "conv_groups", m.conv_groups,
          fmt::format("1, or up to {} with output_channels = {}", c.groups, c.out_channels));
  require(m.channels >= 0 && m.channels <= c.in_channels, "channels", m.channels,
          fmt::format("0 to {}", c.in_channels));
}

void check_format(const QuantizedNetwork& network, const QuantizedLayer& layer,
                  const AcceleratorConfig& config) {
  if (layer.op == LayerOp::kConv && layer.token_form != config.token_form) {
    throw std::invalid_argument(
        fmt::format("layer {}: weights are limited in {} form, the accelerator's token_form is {}",
                    layer.name, to_string(layer.token_form), to_string(config.token_form)));
  }
  const int bits = tensor(network, layer.input).bits;
  if (tensor(network, layer.output).bits != bits ||
      (layer.operand >= 0 && tensor(network, layer.operand).bits != bits)) {
    throw std::invalid_argument(fmt::format(
        "layer {}: input, operand and output must have the same width, input has {} bits", layer.name, bits));
  }
}

std::string op_name(const Convolution& c, const QuantizedNetwork& network, bool fused) {
  const Shape& in = tensor(network, c.layer->input).shape;
  const Window& w = c.layer->window;
  const bool fully_connected = c.groups == 1 && w.kernel_h == in.height && w.kernel_w == in.width &&
                               c.out_columns == 1 && tensor(network, c.layer->output).shape.height == 1;
  return std::string(fully_connected                      ? "fc"
                     : c.groups > 1 && c.in_channels == 1 ? "depthwise"
                                                          : "conv") +
         (fused ? "+maxpool" : "");
}

}  // namespace

const char* to_string(LoopOrder order) {
  return order == LoopOrder::kActivationsOuter ? "activations_outer" : "weights_outer";
}

void prove_no_overflow(const QuantizedNetwork& network, const QuantizedLayer& layer,
                       const AcceleratorConfig& config) {
  const QuantizedTensor& input = tensor(network, layer.input);
  const bool wide = input.bits == 16;
  const std::int64_t largest_activation = wide ? 32768 : input.is_signed ? 128 : 255;
  const std::int64_t limit = (std::int64_t{1} << (config.accumulator_bits(wide) - 1)) - 1;
  const std::size_t channels = layer.bias.size();
  const std::size_t filter = layer.weights.size() / channels;
  for (std::size_t m = 0; m < channels; ++m) {
    std::int64_t sum = std::llabs(layer.bias[m]);
    for (std::size_t i = m * filter; i < (m + 1) * filter; ++i) {
      sum += std::abs(int{layer.weights[i]}) * largest_activation;
    }
    if (sum > limit) {
      throw std::invalid_argument(
          fmt::format("layer {}: output channel {}: sums can reach {}, the {}-bit accumulator holds {}; "
                      "narrower weights, wider "
                      "accumulators or allow_wrap: true are accepted",
                      layer.name, m, sum, config.accumulator_bits(wide), limit));
    }
  }
}

MappedProgram build_program(const QuantizedNetwork& network, const AcceleratorConfig& config,
                            const MapperOptions& options) {
  check(config);
  validate(network);
  if (options.batch < 1 || options.batch > 65535) {
    throw std::invalid_argument(fmt::format("batch = {}: accepted: 1 to 65535", options.batch));
  }
  std::set<std::string> unused;
  for (const LayerMapping& m : options.mappings) unused.insert(m.layer);

  MappedProgram result;
  ProgramBuilder builder(network, config, options);
  builder.place_tensor(network.input);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const QuantizedLayer& layer = network.layers[i];
    check_format(network, layer, config);
    ProgramLayer entry;
    entry.name = layer.name;
    entry.network_layers = {static_cast<int>(i)};
    entry.input = layer.input;
    entry.operand = layer.operand;
    entry.output = layer.output;
    entry.macs = macs(network, layer);
    LayerMapping mapping;

    if (layer.op == LayerOp::kConv) {
      if (!config.allow_wrap) prove_no_overflow(network, layer, config);
      const QuantizedLayer* pool = options.fuse_pooling ? only_reader(network, layer.output) : nullptr;
      // The pooling must come next, so that layers keep their order; Add behind a convolution reads it as an
      // operand.
      if (pool != nullptr && (!pools_while_draining(*pool) || i + 1 >= network.layers.size() ||
                              pool != &network.layers[i + 1] || layer.operand >= 0)) {
        pool = nullptr;
      }
      if (pool != nullptr) {
        entry.network_layers.push_back(static_cast<int>(++i));
        entry.output = pool->output;
      }
      const Convolution conv = describe(network, layer, pool, config, options.batch);
      entry.op = op_name(conv, network, pool != nullptr);
      LayerMapping user;
      for (const LayerMapping& m : options.mappings) {
        if (m.layer == layer.name) user = m;
      }
      if (!user.layer.empty()) check_user_mapping(user, conv);
      unused.erase(layer.name);
      mapping = choose_mapping(conv, user, options);
      const int output = entry.output;
      builder.begin_layer(std::move(entry));
      lower_convolution(builder, conv, mapping, output);
    } else if (layer.op == LayerOp::kAdd) {
      entry.op = "add";
      builder.begin_layer(std::move(entry));
      lower_add(builder, layer);
    } else {
      entry.op = layer.op == LayerOp::kMaxPool ? "maxpool" : "avgpool";
      builder.begin_layer(std::move(entry));
      lower_pool(builder, layer);
    }
    builder.end_layer();
    mapping.layer = layer.name;
    result.mappings.push_back(mapping);
  }
  if (!unused.empty()) {
    throw std::invalid_argument(
        fmt::format("mapping of layer {}: the network has no convolution of that name", *unused.begin()));
  }
  result.program = std::move(builder).finish();
  return result;
}

}  // namespace bitbalance
