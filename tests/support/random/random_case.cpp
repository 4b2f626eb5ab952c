#include "tests/support/random/random_case.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "quant/ir/representable.h"
#include "tests/support/smallest_buffers.h"

namespace bitbalance::test {
namespace {

/// Of a weight: one more does not fit the 64 bits of a stored weight in every form.
constexpr int kMostOnes = 14;

class Draw : private RandomDraw {
 public:
  Draw(std::uint64_t seed, const CaseLimits& limits)
      : RandomDraw(seed), concatenations_(~seed), functions_(seed ^ 0x5eed), limits_(limits) {}

  RandomCase make() {
    RandomCase c;
    c.config = random_accelerator(*this);
    if (limits_.large_arrays) draw_large_array(*this, c.config);
    if (limits_.odd_settings) draw_odd_settings(*this, c.config);
    draw_network(c.network, c.config);
    MapperOptions options;
    options.batch = uniform(1, limits_.max_batch);
    options.barrier = chance(0.2) ? LayerBarrier::kCommand : LayerBarrier::kNone;
    options.fuse_pooling = chance(0.8);
    c.mapped = std::move(fit_buffers(c.network, c.config, options).front());
    const QuantizedTensor& input = c.network.tensors[c.network.input];
    for (int i = 0; i < options.batch; ++i) {
      std::vector<std::int32_t> image(static_cast<std::size_t>(input.shape.elements()));
      for (auto& v : image) v = activation(input);
      c.images.push_back(std::move(image));
    }
    return c;
  }

 private:
  int activation(const QuantizedTensor& t) {
    if (chance(0.05)) return lowest(t);
    return uniform(lowest(t), highest(t));
  }
  static int lowest(const QuantizedTensor& t) { return !t.is_signed ? 0 : t.bits == 16 ? -32768 : -128; }
  static int highest(const QuantizedTensor& t) { return t.bits == 16 ? 32767 : t.is_signed ? 127 : 255; }

  int add_tensor(QuantizedNetwork& n, const Shape& shape, bool is_signed) {
    QuantizedTensor t;
    t.name = "t" + std::to_string(n.tensors.size());
    t.shape = shape;
    t.bits = bits_;
    t.is_signed = is_signed || bits_ == 16;
    n.tensors.push_back(t);
    return static_cast<int>(n.tensors.size()) - 1;
  }
  const QuantizedTensor& tensor(const QuantizedNetwork& n, int index) { return n.tensors[index]; }

  void clip(QuantizedLayer& l, const QuantizedTensor& out) {
    l.clip_low = chance(0.3) ? std::max(lowest(out), -uniform(0, 20)) : lowest(out);
    l.clip_high = chance(0.2) ? uniform(highest(out) / 2, highest(out)) : highest(out);
  }

  /// Multiplier and shift that bring sums of about `spread` to the range of `out`.
  Rescale rescale(double spread, const QuantizedTensor& out) {
    const double factor = highest(out) * std::exp2(uniform(-20, 20) / 10.0) / std::max(1.0, spread);
    Rescale r;
    r.shift = static_cast<std::uint8_t>(
        std::clamp(static_cast<int>(std::floor(16 - std::log2(factor))) - 1, 0, 47));
    r.multiplier = static_cast<std::uint16_t>(std::clamp(std::ldexp(factor, r.shift), 0.0, 65535.0));
    return r;
  }

  void draw_network(QuantizedNetwork& n, const AcceleratorConfig& a) {
    bits_ = a.pe.serves(Width::k16) ? pick({8, 8, 16}) : 8;
    n.name = "random";
    const bool fully_connected = chance(0.15);
    const Shape shape = fully_connected ? Shape{uniform(1, 300), 1, 1}
                                        : Shape{uniform(1, limits_.max_channels),
                                                uniform(1, limits_.max_size), uniform(1, limits_.max_size)};
    n.input = add_tensor(n, shape, chance(0.5));
    n.output = n.input;
    for (int i = uniform(1, limits_.max_layers); i > 0; --i) {
      const double kind = real(0, 1);
      if (std::bernoulli_distribution(0.12)(functions_)) {
        add_lookup(n);
      } else if (kind < 0.65) {
        add_convolution(n, a);
        if (i > 1 && chance(0.3)) {
          n.layers.back().name = "layer" + std::to_string(n.layers.size());
          n.output = n.layers.back().output;
          add_pool(n, true);
          --i;
        }
      } else if (kind < 0.9) {
        add_pool(n, false);
      } else {
        add_sum(n);
      }
      n.layers.back().name = "layer" + std::to_string(n.layers.size());
      n.output = n.layers.back().output;
    }
    if (std::bernoulli_distribution(0.25)(concatenations_)) add_concatenation(n);
  }

  /// The last result and a copy of an equally large tensor become the two slices of a new one, which a
  /// pooling reads.
  void add_concatenation(QuantizedNetwork& n) {
    const int last = n.output;
    const QuantizedTensor part = tensor(n, last);
    std::vector<int> sources;
    for (int t = 0; t <= last; ++t) {
      const Shape& shape = tensor(n, t).shape;
      if (shape.height == part.shape.height && shape.width == part.shape.width) sources.push_back(t);
    }
    const int source = sources[concatenations_() % sources.size()];
    const bool copy_first = concatenations_() % 2 == 0;
    const int copied = tensor(n, source).shape.channels;
    Shape shape = part.shape;
    shape.channels += copied;
    const int whole = add_tensor(n, shape, part.is_signed);
    shape.channels = copied;
    const int copy = add_tensor(n, shape, part.is_signed);
    for (const int slice : {last, copy}) n.tensors[slice].parent = whole;
    n.tensors[copy_first ? last : copy].channel_offset = copy_first ? copied : part.shape.channels;

    QuantizedLayer l;
    l.op = LayerOp::kAvgPool;
    l.input = source;
    l.output = copy;
    l.rescale = {Rescale{3, 2}};
    l.clip_low = lowest(part);
    l.clip_high = highest(part);
    l.name = "layer" + std::to_string(n.layers.size() + 1);
    n.layers.push_back(l);
    l.op = LayerOp::kMaxPool;
    l.input = whole;
    l.output = n.output = add_tensor(n, tensor(n, whole).shape, part.is_signed);
    l.rescale.clear();
    l.name = "layer" + std::to_string(n.layers.size() + 1);
    n.layers.push_back(l);
  }

  /// Any function, or one that never falls, which a convolution takes in also behind its pooling. A function
  /// with steps at every code finds what a wrong address does.
  std::vector<std::int16_t> function(const QuantizedTensor& code, const QuantizedTensor& result) {
    std::uniform_int_distribution<int> entry(lowest(result), highest(result));
    std::vector<std::int16_t> table(static_cast<std::size_t>(table_entries(code.bits)));
    for (std::int16_t& value : table) value = static_cast<std::int16_t>(entry(functions_));
    if (std::bernoulli_distribution(0.5)(functions_)) {
      std::sort(table.begin(), table.end());
      if (code.bits == 8 && code.is_signed) std::rotate(table.begin(), table.begin() + 128, table.end());
    }
    return table;
  }

  void add_lookup(QuantizedNetwork& n) {
    const QuantizedTensor in = tensor(n, n.output);
    QuantizedLayer l;
    l.op = LayerOp::kLookup;
    l.input = n.output;
    l.output = add_tensor(n, in.shape, std::bernoulli_distribution(0.5)(functions_));
    const QuantizedTensor out = tensor(n, l.output);
    l.clip_low = lowest(out);
    l.clip_high = highest(out);
    l.table = function(in, out);
    n.layers.push_back(l);
  }

  /// A function behind the convolution: its clip becomes that of a code of either sign.
  void end_in_function(QuantizedLayer& l, const QuantizedTensor& out) {
    if (!std::bernoulli_distribution(0.25)(functions_)) return;
    QuantizedTensor code = out;
    code.is_signed = code.bits == 16 || l.clip_low < 0;
    l.clip_high = std::min(l.clip_high, highest(code));
    l.table = function(code, out);
  }

  Window draw_window(const Shape& in, bool padded) {
    for (;;) {
      Window w;
      w.kernel_h = uniform(1, 5);
      w.kernel_w = uniform(1, 5);
      w.stride_h = chance(0.6) ? 1 : uniform(1, 4);
      w.stride_w = chance(0.6) ? w.stride_h : uniform(1, 4);
      if (chance(0.2)) w.dilation_h = uniform(1, 3);
      if (chance(0.2)) w.dilation_w = uniform(1, 3);
      if (padded) {
        w.pad_top = uniform(0, w.kernel_h - 1);
        w.pad_left = uniform(0, w.kernel_w - 1);
        w.pad_bottom = uniform(0, w.kernel_h - 1);
        w.pad_right = uniform(0, w.kernel_w - 1);
      }
      if (out_size(in.height, w.pad_top + w.pad_bottom, w.kernel_h, w.dilation_h, w.stride_h) >= 1 &&
          out_size(in.width, w.pad_left + w.pad_right, w.kernel_w, w.dilation_w, w.stride_w) >= 1) {
        return w;
      }
    }
  }
  static int out_size(int in, int pads, int kernel, int dilation, int stride) {
    const int span = in + pads - dilation * (kernel - 1) - 1;
    return span < 0 ? 0 : span / stride + 1;
  }
  static Shape out_shape(const Shape& in, const Window& w, int channels) {
    return {channels, out_size(in.height, w.pad_top + w.pad_bottom, w.kernel_h, w.dilation_h, w.stride_h),
            out_size(in.width, w.pad_left + w.pad_right, w.kernel_w, w.dilation_w, w.stride_w)};
  }

  void add_convolution(QuantizedNetwork& n, const AcceleratorConfig& a) {
    const QuantizedTensor in = tensor(n, n.output);
    QuantizedLayer l;
    l.op = LayerOp::kConv;
    l.input = n.output;
    l.window = draw_window(in.shape, chance(0.6));
    int channels = uniform(1, limits_.max_channels);
    const bool residual = chance(0.25);  // keeps the shape, so that an earlier tensor can be added
    if (residual) {
      const int radius = uniform(0, 2);
      l.window = Window{2 * radius + 1, 2 * radius + 1, 1, 1, 1, 1, radius, radius, radius, radius};
      channels = in.shape.channels;
    } else if (chance(0.3)) {
      std::vector<int> divisors;
      for (int g = 1; g <= in.shape.channels; ++g) {
        if (in.shape.channels % g == 0) divisors.push_back(g);
      }
      l.groups = divisors[uniform(0, static_cast<int>(divisors.size()) - 1)];
      channels = l.groups * uniform(1, std::max(1, limits_.max_channels / l.groups));
    } else if (chance(limits_.large_arrays ? 0.5 : 0.2)) {
      channels = uniform(1, limits_.large_arrays ? std::min(300, 3 * a.rows) : 80);  // several row groups
    }
    l.output = add_tensor(n, out_shape(in.shape, l.window, channels), chance(0.4));
    const QuantizedTensor out = tensor(n, l.output);
    l.weight_bits = uniform(2, std::min(16, a.pe.most_weight_bits(a.token_form)));
    l.nnzb = uniform(1, std::min(limits_.odd_settings ? kMostOnes : 7, l.weight_bits - 1));
    l.token_form = a.token_form;
    const RepresentableSet set(l.weight_bits, l.nnzb, l.token_form);
    const int kernel_weights = in.shape.channels / l.groups * l.window.kernel_h * l.window.kernel_w;
    const double deviation = std::exp2(uniform(0, l.weight_bits - 1));
    std::normal_distribution<double> weight(0.0, deviation);
    for (int i = 0; i < channels * kernel_weights; ++i) {
      l.weights.push_back(static_cast<std::int16_t>(chance(0.1) ? 0 : set.nearest(weight(engine()))));
    }
    const double spread = deviation * highest(in) / 2.0 * std::sqrt(kernel_weights);
    for (int m = 0; m < channels; ++m) {
      l.bias.push_back(std::llround(normal(0.0, spread / 2)));
      l.rescale.push_back(rescale(spread, out));
      l.weight_scale.push_back(1.0);
    }
    clip(l, out);
    if (residual) {
      for (int t = 0; t < l.output; ++t) {
        if (tensor(n, t).shape == out.shape) l.operand = t;
      }
      if (l.operand >= 0) l.operand_rescale = rescale(highest(tensor(n, l.operand)), out);
    }
    end_in_function(l, out);
    n.layers.push_back(l);
  }

  void add_pool(QuantizedNetwork& n, bool fusable) {
    const QuantizedTensor in = tensor(n, n.output);
    QuantizedLayer l;
    l.op = fusable || chance(0.6) ? LayerOp::kMaxPool : LayerOp::kAvgPool;
    l.input = n.output;
    if (fusable || chance(0.4)) {  // non-overlapping
      l.window.kernel_h = l.window.stride_h = uniform(1, std::min(3, in.shape.height));
      l.window.kernel_w = l.window.stride_w = uniform(1, std::min(3, in.shape.width));
    } else {
      l.window = draw_window(in.shape, chance(0.5));
      l.window.dilation_h = l.window.dilation_w = 1;
    }
    // Padding may not reach past a window: each one must see at least one element.
    l.window.pad_top = std::min(l.window.pad_top, l.window.kernel_h - 1);
    l.window.pad_bottom = std::min(l.window.pad_bottom, l.window.kernel_h - 1);
    l.output = add_tensor(n, out_shape(in.shape, l.window, in.shape.channels),
                          chance(0.3) ? !in.is_signed : in.is_signed);
    const QuantizedTensor out = tensor(n, l.output);
    clip(l, out);
    if (l.op == LayerOp::kAvgPool) {
      l.count_include_pad = chance(0.3);
      for (int i = 1; i <= l.window.kernel_h * l.window.kernel_w; ++i)
        l.rescale.push_back(rescale(i * highest(in), out));
    }
    n.layers.push_back(l);
  }

  void add_sum(QuantizedNetwork& n) {
    const QuantizedTensor in = tensor(n, n.output);
    QuantizedLayer l;
    l.op = LayerOp::kAdd;
    l.input = l.operand = n.output;
    for (int t = 0; t < n.output; ++t) {
      if (tensor(n, t).shape == in.shape && chance(0.5)) l.operand = t;
    }
    l.output = add_tensor(n, in.shape, chance(0.5));
    const QuantizedTensor out = tensor(n, l.output);
    l.rescale = {rescale(highest(in), out)};
    l.operand_rescale = rescale(highest(in), out);
    clip(l, out);
    n.layers.push_back(l);
  }

  std::mt19937_64 concatenations_;  ///< apart, so that a case without one is what it would be anyway
  std::mt19937_64 functions_;       ///< apart for the same reason
  CaseLimits limits_;
  int bits_ = 8;
};

}  // namespace

AcceleratorConfig random_accelerator(RandomDraw& draw) {
  AcceleratorConfig a;
  a.rows = draw.chance(0.5) ? draw.pick({4, 8, 16, 32, 64}) : draw.uniform(4, 64);
  a.columns = draw.chance(0.5) ? draw.pick({4, 8, 16}) : draw.uniform(4, 16);
  a.synchronization = draw.pick(synchronization_rules()).synchronization;
  a.column_mapping = draw.pick({ColumnMapping::kFlattened, ColumnMapping::kRow});
  a.token_form = draw.pick({TokenForm::kBinary, TokenForm::kSignedDigit});
  a.weight_storage = draw.pick({WeightStorage::kDense, WeightStorage::kTokens});
  a.queue_depth = draw.pick({1, 2, 8});
  a.dram.burst_bytes = draw.pick({16, 32, 64, 128});
  a.dram.max_outstanding = draw.pick({1, 2, 8, 16});
  a.weight_bank_bytes = draw.pick({64, 256, 1024, 16384});
  a.activation_buffer_bytes = 2 * a.columns * draw.pick({4, 16, 64, 1024});
  a.output_buffer_bytes = 2 * a.columns * draw.pick({2, 16, 64, 512});
  a.parameter_buffer_bytes = draw.pick({64, 256, 8192});
  a.lookup_tables = 1 + a.rows / 4 % 2;  // no draw: cases without functions are what they would be anyway
  // Apart: cases are otherwise what they would be anyway.
  RandomDraw pipeline(std::mt19937_64(draw.engine())());
  if (pipeline.chance(0.7)) {
    a.pipeline.pe = pipeline.uniform(1, PipelineConfig::kMostPeStages);
    a.pipeline.activation_read = pipeline.uniform(1, PipelineConfig::kMostStages);
    a.pipeline.multiply = pipeline.uniform(1, PipelineConfig::kMostStages);
    a.pipeline.clamp = pipeline.uniform(1, PipelineConfig::kMostStages);
  }
  return a;
}

void set_array(AcceleratorConfig& config, int rows, int columns) {
  config.rows = rows;
  config.columns = columns;
  config.activation_buffer_bytes = std::max(config.activation_buffer_bytes, 2 * columns);
  config.output_buffer_bytes = std::max(config.output_buffer_bytes, 2 * columns);
}

void draw_large_array(RandomDraw& draw, AcceleratorConfig& config) {
  using Shape = std::pair<int, int>;
  const auto [rows, columns] =
      draw.chance(0.6) ? draw.pick({Shape{256, 256}, Shape{256, 1}, Shape{1, 256}, Shape{128, 256},
                                    Shape{65, 65}, Shape{200, 40}, Shape{256, 255}, Shape{129, 192}})
                       : Shape{draw.uniform(1, 256), draw.uniform(1, 256)};
  set_array(config, rows, columns);
}

void draw_odd_settings(RandomDraw& draw, AcceleratorConfig& config) {
  const int rows = draw.chance(0.3) ? draw.uniform(1, 3) : config.rows;
  set_array(config, rows, draw.chance(0.3) ? draw.uniform(1, 3) : config.columns);
  if (draw.chance(0.5)) config.accumulator_bits_8 = draw.uniform(16, 32);
  if (draw.chance(0.5)) config.accumulator_bits_16 = draw.uniform(24, 48);
  if (draw.chance(0.3)) config.pe.lanes = PeLanes::kNarrow;
  if (draw.chance(0.3)) config.pe.shift = draw.uniform(1, PeConfig::kLargestPosition);
  if (draw.chance(0.2)) config.dram.burst_bytes = 256;
}

std::vector<MappedProgram> fit_buffers(const QuantizedNetwork& network, AcceleratorConfig& config,
                                       const MapperOptions& options) {
  config.allow_wrap = config.allow_wrap || may_overflow(network, config);
  enlarge(config, smallest_buffers(network, config, options));
  return build_segments(network, config, options);
}

RandomCase make_random_case(std::uint64_t seed, const CaseLimits& limits) {
  return Draw(seed, limits).make();
}

}  // namespace bitbalance::test
