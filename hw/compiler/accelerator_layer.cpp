#include "hw/compiler/accelerator_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/text/config_error.h"

namespace bitbalance::compiler {

Convolution describe(const QuantizedNetwork& network, const AcceleratorLayer& layers,
                     const AcceleratorConfig& config, int batch) {
  const QuantizedLayer& layer = *layers.layer;
  const QuantizedLayer* const pool = layers.pool;
  const QuantizedTensor& input = network.tensors[layer.input];
  const Shape& out = network.tensors[layer.output].shape;
  // With a table in between the pooling has no clip of its own to serve.
  const QuantizedLayer& last = pool != nullptr && layer.table.empty() ? *pool : layer;
  Convolution c;
  c.layer = &layer;
  c.lookup = layer.table.empty() ? layers.lookup : &layer;
  c.output = layers.last().output;
  // The command clips once, ahead of pooling. That serves both clips, as the largest of some clipped values
  // is the clipped largest of them.
  c.clip_low = std::clamp(layer.clip_low, last.clip_low, last.clip_high);
  c.clip_high = std::clamp(layer.clip_high, last.clip_low, last.clip_high);
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
  c.width = width_of(input.bits);
  c.operand = layer.operand >= 0;
  c.row_stream = RowStream(layer.weight_bits, layer.nnzb, config);
  c.config = &config;
  return c;
}

ConvolutionKey key_of(const Convolution& c) {
  // These name every member: with one more they do not compile. Of the layer the blocks see window and nnzb,
  // and its weights in the row stream's bits. Clips, tables and tensors' places are nothing to them; batch
  // and accelerator are those of all.
  const auto& [layer, output, clip_low, clip_high, batch, groups, in_channels, out_channels, in_rows,
               in_columns, lookup, out_rows, out_columns, pool_h, pool_w, width, operand, row_stream,
               config] = c;
  const auto& [kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left, pad_bottom,
               pad_right] = layer->window;
  // Its size is counted, so that no number is missing at the end.
  return std::array{groups,       in_channels,
                    out_channels, in_rows,
                    in_columns,   out_rows,
                    out_columns,  pool_h,
                    pool_w,       static_cast<int>(width),
                    int{operand}, row_stream.format().bits(),
                    layer->nnzb,  kernel_h,
                    kernel_w,     stride_h,
                    stride_w,     pad_top,
                    pad_left,     pad_bottom,
                    pad_right,    dilation_h,
                    dilation_w};
}

LayerMapping completed(LayerMapping user, const Convolution& c) {
  const auto complete = [](int& size, int whole) { size = size == 0 ? whole : size; };
  if (user.images > 1) {
    complete(user.rows, c.out_rows);
    complete(user.columns, c.out_columns);
  }
  if (user.conv_groups > 1) complete(user.output_channels, c.out_channels);
  return user;
}

void check_user_mapping(const LayerMapping& user, const Convolution& c) {
  const LayerMapping m = completed(user, c);
  const auto require = [&](bool ok, const char* key, int value, const std::string& accepted) {
    bitbalance::require(ok, "mapping of layer " + m.layer, key, value, accepted);
  };
  const int rows = c.config->rows;
  require(m.rows == 0 || (m.rows > 0 && m.rows <= c.out_rows && m.rows % c.pool_h == 0), "rows", m.rows,
          fmt::format("multiples of {} up to {}", c.pool_h, c.out_rows));
  const bool whole_width = m.columns == 0 || m.columns == c.out_columns;
  require(whole_width || (m.columns > 0 && m.columns <= c.columns_to_cut() && m.columns % c.pool_w == 0),
          "columns", m.columns,
          fmt::format("{}, or multiples of {} up to {}", c.out_columns, c.pool_w, c.columns_to_cut()));
  require(m.images == 0 || m.images == 1 ||
              (m.images > 0 && m.images <= c.batch && m.rows == c.out_rows && whole_width),
          "images", m.images,
          fmt::format("1, or up to {} with rows = {} and columns = {}", c.batch, c.out_rows, c.out_columns));
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

namespace {

void check_lanes(const QuantizedLayer& layer, int activation_bits, const AcceleratorConfig& config) {
  const Width width = width_of(activation_bits);
  if (config.serves(width, layer.weight_bits)) return;
  const PeConfig& pe = config.pe;
  require(pe.serves(width), "layer " + layer.name, "activation_bits", activation_bits,
          fmt::format("8, which lanes of {} take", to_string(pe.lanes)));
  throw ConfigError("layer " + layer.name, "weight_bits", fmt::format("{}", layer.weight_bits),
                    fmt::format("at most {}, whose tokens a shift of {} reaches",
                                pe.most_weight_bits(config.token_form), pe.shift));
}

}  // namespace

void check_format(const QuantizedNetwork& network, const QuantizedLayer& layer,
                  const AcceleratorConfig& config) {
  if (layer.op == LayerOp::kConv && layer.token_form != config.token_form) {
    throw ConfigError("layer " + layer.name, "token_form", to_string(config.token_form),
                      fmt::format("{}, in which its weights are limited", to_string(layer.token_form)));
  }
  const int bits = network.tensors[layer.input].bits;
  if (layer.op == LayerOp::kConv) check_lanes(layer, bits, config);
  if (network.tensors[layer.output].bits != bits ||
      (layer.operand >= 0 && network.tensors[layer.operand].bits != bits)) {
    throw std::invalid_argument(fmt::format(
        "layer {}: input, operand and output must have the same width, input has {} bits", layer.name, bits));
  }
}

std::string op_name(const Convolution& c, const QuantizedNetwork& network, const AcceleratorLayer& layers) {
  const Shape& in = network.tensors[c.layer->input].shape;
  const Window& w = c.layer->window;
  const bool fully_connected = c.groups == 1 && w.kernel_h == in.height && w.kernel_w == in.width &&
                               c.out_columns == 1 && network.tensors[c.layer->output].shape.height == 1;
  return std::string(fully_connected                      ? "fc"
                     : c.groups > 1 && c.in_channels == 1 ? "depthwise"
                                                          : "conv") +
         (c.layer->table.empty() ? "" : "+lookup") + (layers.pool != nullptr ? "+maxpool" : "") +
         (layers.lookup != nullptr ? "+lookup" : "");
}

}  // namespace bitbalance::compiler
