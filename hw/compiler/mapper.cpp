#include "hw/compiler/mapper.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include "base/text/config_error.h"
#include "hw/compiler/constants.h"
#include "hw/compiler/layer_lowering.h"
#include "hw/compiler/program_memo.h"
#include "hw/compiler/program_search.h"
#include "quant/ir/integer_values.h"

namespace bitbalance::compiler {
namespace {

const QuantizedTensor& tensor(const QuantizedNetwork& network, int index) {
  return network.tensors[index];
}

/// The layer that alone reads the tensor, or nullptr.
const QuantizedLayer* only_reader(const QuantizedNetwork& network, int tensor_index) {
  const QuantizedLayer* reader = nullptr;
  if (tensor_index == network.output || tensor(network, tensor_index).parent >= 0) return nullptr;
  for (const QuantizedLayer& l : network.layers) {
    const std::vector<int>& others = l.others;
    const bool is_other = std::find(others.begin(), others.end(), tensor_index) != others.end();
    if (l.input != tensor_index && l.operand != tensor_index && !is_other) continue;
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

bool is_within(const QuantizedLayer& layer, const IntegerRange& range) {
  return layer.clip_low <= range.low && range.high <= layer.clip_high;
}

/// Does a larger code never have a smaller result? Then the largest result is that of the largest code.
bool keeps_order(const QuantizedLayer& lookup, const QuantizedTensor& code) {
  std::vector<std::int16_t> results = lookup.table;  // in the order of codes
  if (code.bits == 8 && code.is_signed) std::rotate(results.begin(), results.begin() + 128, results.end());
  return std::is_sorted(results.begin(), results.end());
}

/// A layer of a program: one of the network, and those next to it that a convolution takes in.
struct AcceleratorLayer {
  std::size_t number = 0;  ///< of the network's layer
  const QuantizedLayer* layer = nullptr;
  const QuantizedLayer* pool = nullptr;    ///< nullptr: none
  const QuantizedLayer* lookup = nullptr;  ///< a layer of its own behind them; nullptr: none

  const QuantizedLayer& last() const {
    return lookup != nullptr ? *lookup : pool != nullptr ? *pool : *layer;
  }
};

Convolution describe(const QuantizedNetwork& network, const AcceleratorLayer& layers,
                     const AcceleratorConfig& config, int batch) {
  const QuantizedLayer& layer = *layers.layer;
  const QuantizedLayer* const pool = layers.pool;
  const QuantizedTensor& input = tensor(network, layer.input);
  const Shape& out = tensor(network, layer.output).shape;
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

/// All that the choice of a mapping depends on, for one accelerator and batch.
using ConvolutionShape = std::array<int, 24>;
ConvolutionShape shape_of(const Convolution& c) {
  const Window& w = c.layer->window;
  return {c.groups,       c.in_channels,
          c.out_channels, c.in_rows,
          c.in_columns,   c.out_rows,
          c.out_columns,  c.pool_h,
          c.pool_w,       static_cast<int>(c.width),
          int{c.operand}, c.row_stream.format().bits(),
          c.layer->nnzb,  w.kernel_h,
          w.kernel_w,     w.stride_h,
          w.stride_w,     w.pad_top,
          w.pad_left,     w.pad_bottom,
          w.pad_right,    w.dilation_h,
          w.dilation_w};
}

void check_user_mapping(const LayerMapping& m, const Convolution& c) {
  const auto require = [&](bool ok, const char* key, int value, const std::string& accepted) {
    bitbalance::require(ok, "mapping of layer " + m.layer, key, value, accepted);
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
    throw ConfigError("layer " + layer.name, "token_form", to_string(config.token_form),
                      fmt::format("{}, in which its weights are limited", to_string(layer.token_form)));
  }
  const int bits = tensor(network, layer.input).bits;
  if (tensor(network, layer.output).bits != bits ||
      (layer.operand >= 0 && tensor(network, layer.operand).bits != bits)) {
    throw std::invalid_argument(fmt::format(
        "layer {}: input, operand and output must have the same width, input has {} bits", layer.name, bits));
  }
}

std::string op_name(const Convolution& c, const QuantizedNetwork& network, const AcceleratorLayer& layers) {
  const Shape& in = tensor(network, c.layer->input).shape;
  const Window& w = c.layer->window;
  const bool fully_connected = c.groups == 1 && w.kernel_h == in.height && w.kernel_w == in.width &&
                               c.out_columns == 1 && tensor(network, c.layer->output).shape.height == 1;
  return std::string(fully_connected                      ? "fc"
                     : c.groups > 1 && c.in_channels == 1 ? "depthwise"
                                                          : "conv") +
         (c.layer->table.empty() ? "" : "+lookup") + (layers.pool != nullptr ? "+maxpool" : "") +
         (layers.lookup != nullptr ? "+lookup" : "");
}

/// Largest magnitude of a sum of this output channel: sum of |weight| x largest |activation| + |bias|.
std::int64_t largest_sum(const QuantizedNetwork& network, const QuantizedLayer& layer, std::size_t channel) {
  const QuantizedTensor& input = tensor(network, layer.input);
  const std::int64_t largest_activation = input.bits == 16 ? 32768 : input.is_signed ? 128 : 255;
  const std::size_t filter = layer.weights.size() / layer.bias.size();
  std::int64_t weights = 0;
  for (std::size_t i = channel * filter; i < (channel + 1) * filter; ++i)
    weights += std::abs(int{layer.weights[i]});
  return std::llabs(layer.bias[channel]) + weights * largest_activation;
}

std::int64_t accumulator_limit(int bits) {
  return (std::int64_t{1} << (bits - 1)) - 1;
}

[[noreturn]] void refuse_overflow(const QuantizedNetwork& network, const QuantizedLayer& layer,
                                  int accumulator_bits) {
  const std::int64_t limit = accumulator_limit(accumulator_bits);
  std::size_t channel = 0;
  while (largest_sum(network, layer, channel) <= limit) ++channel;
  throw ConfigError(
      "layer " + layer.name,
      tensor(network, layer.input).bits == 16 ? "accumulator_bits_16" : "accumulator_bits_8",
      fmt::format("{}", accumulator_bits),
      fmt::format("as many as sums of output channel {} need, which can reach {} instead of {}; or narrower "
                  "weights, or allow_wrap: true",
                  channel, largest_sum(network, layer, channel), limit));
}

/// The layers of one program, and how they are lowered.
class Segment : public ProgramLayers {
 public:
  /// `before`: the program before, or nullptr.
  Segment(const QuantizedNetwork& network, const MapperOptions& options, WeightStatistics& weights,
          const Program* before)
      : network_(network), options_(options), weights_(weights), before_(before) {}

  void add(const AcceleratorLayer& layer) { layers_.push_back(layer); }
  void add_host_layer(std::size_t number) { host_layers_.push_back(number); }
  bool empty() const { return layers_.empty(); }

  std::vector<Plan> propose(const AcceleratorConfig& config, const std::vector<double>& rates) override {
    std::vector<Plan> plans(rates.size());
    std::map<ConvolutionShape, std::vector<LayerMapping>> known;
    for (const AcceleratorLayer& l : layers_) {
      if (!is_convolution(l)) {
        if (!vector_layer_fits(network_, *l.layer, config)) return {};
        continue;
      }
      const Convolution conv = describe(l, config);
      const LayerMapping user = user_mapping(l);
      // What a user says counts for one layer alone.
      std::vector<LayerMapping> proposed;
      if (user.layer.empty()) {
        auto [entry, is_new] = known.try_emplace(shape_of(conv));
        if (is_new) entry->second = propose_mappings(conv, user, rates);
        proposed = entry->second;
      } else {
        proposed = propose_mappings(conv, user, rates);
      }
      if (proposed.empty()) return {};
      for (std::size_t i = 0; i < plans.size(); ++i) {
        proposed[i].layer = l.layer->name;
        plans[i].push_back(proposed[i]);
      }
    }
    return plans;
  }

  std::vector<LayerMapping> alternatives(const AcceleratorConfig& config, std::size_t convolution) override {
    const AcceleratorLayer& layer = convolution_number(convolution);
    return all_mappings(describe(layer, config), user_mapping(layer));
  }

  LayerDemand demand(const AcceleratorConfig& config, const Plan& plan) override {
    LayerDemand sum;
    auto block = plan.begin();
    for (const AcceleratorLayer& l : layers_)
      if (is_convolution(l)) sum += demand_of(describe(l, config), *block++, slots_of_a_tile(l, config));
    return sum;
  }

  LayerDemand least_demand(const AcceleratorConfig& config) override {
    LayerDemand sum;
    for (const AcceleratorLayer& l : layers_)
      if (is_convolution(l)) sum += least_demand_of(describe(l, config), slots_of_a_tile(l, config));
    return sum;
  }

  MappedProgram lower(const AcceleratorConfig& config, const Plan& plan) override {
    MappedProgram result;
    ProgramBuilder builder(network_, config, options_, before_);
    if (before_ == nullptr) builder.place_tensor(network_.input);
    auto mapping = plan.begin();
    for (const AcceleratorLayer& l : layers_) {
      lower_layer(builder, l, is_convolution(l) ? &*mapping : nullptr, config);
      result.mappings.push_back(is_convolution(l) ? *mapping++ : LayerMapping{l.layer->name});
    }
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

  /// Says why propose() has nothing.
  [[noreturn]] void refuse(const AcceleratorConfig& config) {
    for (const AcceleratorLayer& l : layers_) {
      if (!is_convolution(l)) {
        if (vector_layer_fits(network_, *l.layer, config)) continue;
        ProgramBuilder builder(network_, config, options_, before_);
        if (before_ == nullptr) builder.place_tensor(network_.input);
        lower_layer(builder, l, nullptr, config);  // names the buffer
      } else if (const Convolution conv = describe(l, config);
                 propose_mappings(conv, user_mapping(l), {1.0}).empty()) {
        refuse_mapping(conv, user_mapping(l));
      }
    }
    throw std::logic_error("every layer fits, and the program does not");
  }

 private:
  static bool is_convolution(const AcceleratorLayer& l) { return l.layer->op == LayerOp::kConv; }
  const AcceleratorLayer& convolution_number(std::size_t number) const {
    auto layer = layers_.begin();
    for (;; ++layer)
      if (is_convolution(*layer) && number-- == 0) return *layer;
  }
  Convolution describe(const AcceleratorLayer& l, const AcceleratorConfig& config) const {
    return compiler::describe(network_, l, config, options_.batch);
  }
  LayerMapping user_mapping(const AcceleratorLayer& l) const {
    LayerMapping user;
    for (const LayerMapping& m : options_.mappings)
      if (m.layer == l.layer->name) user = m;
    return user;
  }

  /// Slots that the array cannot do without: those of the busiest row of each step.
  std::int64_t slots_of_a_tile(const AcceleratorLayer& l, const AcceleratorConfig& config) {
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

  ProgramLayer describe_layer(std::size_t number) const {
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

  /// `mapping`: of a convolution.
  void lower_layer(ProgramBuilder& builder, const AcceleratorLayer& l, const LayerMapping* mapping,
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

  const QuantizedNetwork& network_;
  const MapperOptions& options_;
  WeightStatistics& weights_;
  const Program* before_;
  std::vector<AcceleratorLayer> layers_;
  std::vector<std::size_t> host_layers_;
  std::map<std::size_t, std::int64_t> slots_;  ///< by number of the layer
};

/// Maps the layers of a network in order, segment by segment.
class SegmentBuilder {
 public:
  /// `largest_sums`: of each layer's output channels.
  SegmentBuilder(const Mapper& mapper, const std::vector<std::int64_t>& largest_sums,
                 const AcceleratorConfig& config, const MapperOptions& options)
      : mapper_(mapper),
        network_(mapper.network()),
        largest_sums_(largest_sums),
        config_(config),
        options_(options) {
    for (const LayerMapping& m : options.mappings) unused_.insert(m.layer);
  }

  std::vector<MappedProgram> run() {
    while (next_ < network_.layers.size()) add_segment();
    if (!unused_.empty()) {
      throw std::invalid_argument(
          fmt::format("mapping of layer {}: the network has no convolution of that name", *unused_.begin()));
    }
    return std::move(segments_);
  }

 private:
  bool next_on_host() const { return next_ < network_.layers.size() && on_host(network_.layers[next_].op); }

  void add_segment() {
    Segment segment(network_, options_, mapper_.weights(),
                    segments_.empty() ? nullptr : &segments_.back().program);
    while (next_ < network_.layers.size() && !next_on_host()) {
      segment.add(take_layer());
      if (options_.barrier == LayerBarrier::kProgram) break;
    }
    for (; next_on_host(); ++next_) segment.add_host_layer(next_);
    segments_.push_back(map(segment));
  }

  MappedProgram map(Segment& segment) {
    if (!segment.empty() && options_.effort != MappingEffort::kFast) {
      if (!search_) search_.emplace(config_, options_, mapper_);
      if (std::optional<MappedProgram> best = search_->best(segment)) return std::move(*best);
      segment.refuse(config_);
    }
    const IdealMemoryTiming& memory = options_.memory;
    const std::vector<Plan> plans =
        segment.propose(config_, {static_cast<double>(memory.bytes_per_cycle_numerator) /
                                  static_cast<double>(memory.bytes_per_cycle_denominator)});
    if (plans.empty()) segment.refuse(config_);
    return segment.lower(config_, plans.front());
  }

  AcceleratorLayer take_layer() {
    AcceleratorLayer taken{next_, &network_.layers[next_]};
    const QuantizedLayer& layer = *taken.layer;
    check_format(network_, layer, config_);
    if (layer.op == LayerOp::kConv) {
      const int accumulator_bits = config_.accumulator_bits(width_of(tensor(network_, layer.input).bits));
      if (!config_.allow_wrap && largest_sums_[next_] > accumulator_limit(accumulator_bits))
        refuse_overflow(network_, layer, accumulator_bits);
      fuse(taken);
      for (const LayerMapping& m : options_.mappings) {
        if (m.layer != layer.name) continue;
        check_user_mapping(m, describe(network_, taken, config_, options_.batch));
        unused_.erase(m.layer);
      }
    }
    ++next_;
    return taken;
  }

  /// Takes in what the command of a convolution can do besides.
  void fuse(AcceleratorLayer& taken) {
    const QuantizedLayer& conv = *taken.layer;
    if (options_.fuse_pooling && conv.operand < 0) {
      const QuantizedLayer* const pool = next_reader();
      if (pool != nullptr && pools_while_draining(*pool) &&
          (conv.table.empty() || is_within(*pool, range_of(tensor(network_, conv.output))))) {
        taken.pool = take_next();
      }
    }
    // The table is asked ahead of the pooling.
    const QuantizedLayer* const lookup = next_reader();
    if (lookup != nullptr && lookup->op == LayerOp::kLookup && conv.table.empty() &&
        (taken.pool == nullptr || keeps_order(*lookup, tensor(network_, lookup->input)))) {
      taken.lookup = take_next();
    }
  }

  /// The layer after the current one, if that alone reads its result: fused, layers keep their order.
  const QuantizedLayer* next_reader() const {
    if (next_ + 1 >= network_.layers.size()) return nullptr;
    const QuantizedLayer* const next = &network_.layers[next_ + 1];
    return only_reader(network_, network_.layers[next_].output) == next ? next : nullptr;
  }
  const QuantizedLayer* take_next() {
    const QuantizedLayer& layer = network_.layers[++next_];
    check_format(network_, layer, config_);
    return &layer;
  }

  const Mapper& mapper_;
  const QuantizedNetwork& network_;
  const std::vector<std::int64_t>& largest_sums_;
  const AcceleratorConfig& config_;
  const MapperOptions& options_;
  std::optional<ProgramSearch> search_;
  std::set<std::string> unused_;  ///< user's mappings
  std::size_t next_ = 0;          ///< layer of the network
  std::vector<MappedProgram> segments_;
};

void check(const AcceleratorConfig& config, const MapperOptions& options) {
  isa::check(config);
  require(options.batch >= 1 && options.batch <= 65535, "network", "batch", options.batch, "1 to 65535");
  if ((options.objective == MappingObjective::kEnergy || options.objective == MappingObjective::kEdp) &&
      !options.energy_j) {
    throw std::invalid_argument(
        fmt::format("mapping.objective: {} without prices of energy; accepted: with "
                    "them, or cycles, dram_bytes",
                    to_string(options.objective)));
  }
}

}  // namespace

const char* to_string(LoopOrder order) {
  return order == LoopOrder::kActivationsOuter ? "activations_outer" : "weights_outer";
}

const char* to_string(LayerBarrier barrier) {
  switch (barrier) {
    case LayerBarrier::kNone:
      return "none";
    case LayerBarrier::kCommand:
      return "command";
    case LayerBarrier::kProgram:
      return "layer";
  }
  return "?";
}

const char* to_string(MappingObjective objective) {
  switch (objective) {
    case MappingObjective::kCycles:
      return "cycles";
    case MappingObjective::kEnergy:
      return "energy";
    case MappingObjective::kEdp:
      return "edp";
    case MappingObjective::kDramBytes:
      return "dram_bytes";
  }
  return "?";
}

const char* to_string(MappingEffort effort) {
  switch (effort) {
    case MappingEffort::kFast:
      return "fast";
    case MappingEffort::kGood:
      return "good";
    case MappingEffort::kExhaustive:
      return "exhaustive";
  }
  return "?";
}

Mapper::Mapper(const QuantizedNetwork& network)
    : network_(network),
      shapes_(std::make_shared<ShapeTimings>()),
      programs_(std::make_shared<ProgramMemo>()) {
  validate(network);
  weights_ = std::make_unique<WeightStatistics>(network);
  for (const QuantizedLayer& layer : network.layers) {
    std::int64_t& largest = largest_sums_.emplace_back(0);
    if (layer.op != LayerOp::kConv) continue;
    for (std::size_t channel = 0; channel < layer.bias.size(); ++channel)
      largest = std::max(largest, largest_sum(network, layer, channel));
  }
}

std::vector<MappedProgram> Mapper::map(const AcceleratorConfig& config, const MapperOptions& options) const {
  check(config, options);
  return SegmentBuilder(*this, largest_sums_, config, options).run();
}

std::shared_ptr<const std::vector<MappedProgram>> Mapper::map_once(const AcceleratorConfig& config,
                                                                   const MapperOptions& options) const {
  check(config, options);
  return programs_->get(config, options, [&] {
    return std::make_shared<const std::vector<MappedProgram>>(
        SegmentBuilder(*this, largest_sums_, config, options).run());
  });
}

std::vector<MappedProgram> build_segments(const QuantizedNetwork& network, const AcceleratorConfig& config,
                                          const MapperOptions& options) {
  std::vector<MappedProgram> segments = Mapper(network).map(config, options);
  for (MappedProgram& segment : segments) write_constants(network, config, segment.program);
  return segments;
}

MappedProgram build_program(const QuantizedNetwork& network, const AcceleratorConfig& config,
                            const MapperOptions& options) {
  std::vector<MappedProgram> segments = build_segments(network, config, options);
  if (segments.size() != 1 || segments.front().program.layers.back().on_host) {
    throw std::invalid_argument(fmt::format("layer {} runs on the host; accepted: accelerator layers alone",
                                            segments.front().program.layers.back().name));
  }
  return std::move(segments.front());
}

}  // namespace bitbalance::compiler
