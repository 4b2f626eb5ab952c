#include "tests/support/smallest_buffers.h"

#include <algorithm>
#include <cstdlib>

#include "base/bits.h"
#include "hw/isa/weight/synchronization.h"
#include "hw/isa/weight/tokens.h"

namespace bitbalance::test {
namespace {

const QuantizedTensor& tensor(const QuantizedNetwork& n, int index) {
  return n.tensors[index];
}

/// Columns of a block of `columns` of a layer's `out` outputs, padding included, and as InputSpan one more
/// where all lie in the padding. Full-width rows are loaded as a whole.
int columns_in_buffer(const Window& w, int in, int out, int columns) {
  const int reach = (columns - 1) * w.stride_w + w.span_w();
  if (columns == out) return std::max(w.pad_left + in, reach);
  const int after = (out - 1) * w.stride_w + w.span_w() - w.pad_left - in;
  return std::max(w.pad_left, after) >= reach ? reach + 1 : reach;
}

bool reads(const QuantizedLayer& l, int tensor) {
  return l.input == tensor || l.operand == tensor ||
         std::count(l.others.begin(), l.others.end(), tensor) != 0;
}

bool is_only_reader(const QuantizedNetwork& n, const QuantizedLayer& reader, int index) {
  return index != n.output && tensor(n, index).parent < 0 &&
         std::all_of(n.layers.begin(), n.layers.end(),
                     [&](const QuantizedLayer& l) { return reads(l, index) == (&l == &reader); });
}

/// The pooling that the convolution at `place` takes in, or nullptr.
const QuantizedLayer* fused(const QuantizedNetwork& n, std::size_t place, const MapperOptions& options) {
  if (!options.fuse_pooling || place + 1 == n.layers.size()) return nullptr;
  const QuantizedLayer& conv = n.layers[place];
  const QuantizedLayer& pool = n.layers[place + 1];
  const Window& w = pool.window;
  const bool overlaps = w.stride_h != w.kernel_h || w.stride_w != w.kernel_w;
  const bool padded = (w.pad_top | w.pad_left | w.pad_bottom | w.pad_right) != 0;
  if (pool.op != LayerOp::kMaxPool || overlaps || padded || std::max(w.kernel_h, w.kernel_w) > 15 ||
      pool.input != conv.output || conv.operand >= 0)
    return nullptr;
  const QuantizedTensor& result = tensor(n, conv.output);
  const int low = !result.is_signed ? 0 : -(1 << (result.bits - 1));
  const int high = (1 << (result.bits - (result.is_signed ? 1 : 0))) - 1;
  if (!conv.table.empty() && (pool.clip_low > low || pool.clip_high < high)) return nullptr;
  return is_only_reader(n, pool, conv.output) ? &pool : nullptr;
}

/// Whether a convolution takes in the look-up at `place`, behind its pooling or not.
bool takes_lookup(const QuantizedNetwork& n, std::size_t place, const QuantizedLayer& conv, bool pooled) {
  if (place == n.layers.size() || !conv.table.empty()) return false;
  const QuantizedLayer& lookup = n.layers[place];
  const QuantizedLayer& before = n.layers[place - 1];
  if (lookup.op != LayerOp::kLookup || lookup.input != before.output) return false;
  const QuantizedTensor& code = tensor(n, lookup.input);
  for (int q = code.is_signed ? -128 : 0; pooled && code.bits == 8 && q < (code.is_signed ? 127 : 255); ++q)
    if (lookup.table[q & 255] > lookup.table[(q + 1) & 255]) return false;
  for (std::size_t i = 1; pooled && code.bits == 16 && i < lookup.table.size(); ++i)
    if (lookup.table[i - 1] > lookup.table[i]) return false;
  return is_only_reader(n, lookup, before.output);
}

BufferBytes of_convolution(const QuantizedNetwork& n, const QuantizedLayer& l, const QuantizedLayer* pool,
                           const AcceleratorConfig& a) {
  const QuantizedTensor& in = tensor(n, l.input);
  const Shape& out = tensor(n, l.output).shape;
  const Window& w = l.window;
  const Width width = width_of(in.bits);
  const int bytes = width == Width::k16 ? 2 : 1;
  const int rows = pool != nullptr ? pool->window.kernel_h : 1;
  const int pool_w = pool != nullptr ? pool->window.kernel_w : 1;
  const int channels_out = std::min(out.channels / l.groups, a.rows);
  const bool one_tile = a.column_mapping == ColumnMapping::kFlattened ? rows * pool_w <= a.lanes(width)
                                                                      : rows == 1 && pool_w <= a.lanes(width);
  const int channels_in = one_tile ? 1 : in.shape.channels / l.groups;

  // A load brings a row at least: one that no window reaches where all of a block's lie in the padding.
  const int reach = (rows - 1) * w.stride_h + w.span_h();
  const int out_rows = out.height / rows * rows;
  const int below = (out_rows - 1) * w.stride_h + w.span_h() - w.pad_top - in.shape.height;
  const int in_rows = std::max(w.pad_top, below) >= reach ? reach + 1 : reach;

  BufferBytes need;
  need.activation =
      align_up(channels_in * align_up(in_rows, w.stride_h) *
                   align_up(columns_in_buffer(w, in.shape.width, out.width, pool_w), w.stride_w) * bytes,
               2);
  const int code_bits = WeightFormat(l.weight_bits, l.nnzb, a.token_form, a.weight_storage).bits();
  const int limit_bits = rule_of(a.synchronization).tile_has_limit ? 4 : 0;  // ahead of a row's codes
  need.weight_bank = align_up(limit_bits + channels_in * w.kernel_h * w.kernel_w * code_bits, 64) / 8;
  need.parameter = channels_out * AcceleratorConfig::kParameterBytes;
  need.output = align_up(channels_out * bytes, 2);
  return need;
}

BufferBytes of_vector(const QuantizedNetwork& n, const QuantizedLayer& l) {
  const Shape& in = tensor(n, l.input).shape;
  const Shape& out = tensor(n, l.output).shape;
  const Window& w = l.window;
  const bool padded = (w.pad_top | w.pad_left | w.pad_bottom | w.pad_right) != 0;
  const int elements = l.op == LayerOp::kAdd ? 2
                       : l.op == LayerOp::kLookup
                           ? 1
                           : w.kernel_h * columns_in_buffer(w, in.width, out.width, 1) + 1;
  BufferBytes need;
  need.output = align_up(elements * (tensor(n, l.input).bits / 8), 2);
  if (l.op == LayerOp::kAvgPool) {
    const bool one_divisor = l.count_include_pad || !padded;
    need.parameter =
        AcceleratorConfig::kParameterBytes * (one_divisor ? 1 : static_cast<int>(l.rescale.size()));
  }
  return need;
}

}  // namespace

BufferBytes smallest_buffers(const QuantizedNetwork& network, const AcceleratorConfig& config,
                             const MapperOptions& options) {
  BufferBytes least;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const QuantizedLayer& layer = network.layers[i];
    if (on_host(layer.op)) continue;
    BufferBytes need;
    if (layer.op == LayerOp::kConv) {
      const QuantizedLayer* pool = fused(network, i, options);
      need = of_convolution(network, layer, pool, config);
      if (pool != nullptr) ++i;
      if (takes_lookup(network, i + 1, layer, pool != nullptr)) ++i;
    } else {
      need = of_vector(network, layer);
    }
    least.weight_bank = std::max(least.weight_bank, need.weight_bank);
    least.activation = std::max(least.activation, need.activation);
    least.output = std::max(least.output, need.output);
    least.parameter = std::max(least.parameter, need.parameter);
  }
  return least;
}

void enlarge(AcceleratorConfig& config, const BufferBytes& least) {
  config.weight_bank_bytes = std::max(config.weight_bank_bytes, least.weight_bank);
  config.activation_buffer_bytes = std::max(config.activation_buffer_bytes, least.activation);
  config.output_buffer_bytes = std::max(config.output_buffer_bytes, least.output);
  config.parameter_buffer_bytes = std::max(config.parameter_buffer_bytes, least.parameter);
}

bool may_overflow(const QuantizedNetwork& network, const AcceleratorConfig& config) {
  for (const QuantizedLayer& l : network.layers) {
    if (l.op != LayerOp::kConv) continue;
    const QuantizedTensor& in = tensor(network, l.input);
    const std::int64_t activation = in.bits == 16 ? 32768 : in.is_signed ? 128 : 255;
    const std::size_t kernel = l.weights.size() / l.bias.size();
    for (std::size_t channel = 0; channel < l.bias.size(); ++channel) {
      std::int64_t sum = std::llabs(l.bias[channel]);
      for (std::size_t k = 0; k < kernel; ++k)
        sum += activation * std::abs(int{l.weights[channel * kernel + k]});
      if (sum >= std::int64_t{1} << (config.accumulator_bits(width_of(in.bits)) - 1)) return true;
    }
  }
  return false;
}

}  // namespace bitbalance::test
