#include "hw/compiler/segment_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "hw/compiler/sum_bounds.h"
#include "quant/ir/integer_values.h"
#include "quant/ir/window_limits.h"

namespace bitbalance::compiler {
namespace {

/// The layer that alone reads the tensor, or nullptr.
const QuantizedLayer* only_reader(const QuantizedNetwork& network, int tensor_index) {
  const QuantizedLayer* reader = nullptr;
  if (is_result(network, tensor_index) || network.tensors[tensor_index].parent >= 0) return nullptr;
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
         w.kernel_h <= kMostStride && w.kernel_w <= kMostStride && w.dilation_h == 1 && w.dilation_w == 1 &&
         w.pad_top == 0 && w.pad_left == 0 && w.pad_bottom == 0 && w.pad_right == 0;
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

/// Memories that blocks are chosen for, in bytes per cycle. With effort fast the one most like the
/// machine's: so its plan is one of those that effort good judges.
std::vector<double> planned_rates(const MapperOptions& options) {
  std::vector<double> rates = ProgramSearch::planned_rates();
  if (options.effort != MappingEffort::kFast) return rates;
  const double own = static_cast<double>(options.memory.bytes_per_cycle_numerator) /
                     static_cast<double>(options.memory.bytes_per_cycle_denominator);
  const auto ratio = [own](double rate) { return std::max(rate / own, own / rate); };
  return {*std::min_element(rates.begin(), rates.end(),
                            [&](double one, double other) { return ratio(one) < ratio(other); })};
}

}  // namespace

SegmentBuilder::SegmentBuilder(const Mapper& mapper, const std::vector<std::int64_t>& largest_sums,
                               const AcceleratorConfig& config, const MapperOptions& options,
                               BlockTablesMemo& tables)
    : mapper_(mapper),
      network_(mapper.network()),
      largest_sums_(largest_sums),
      config_(config),
      options_(options),
      tables_(tables.get(config, options, planned_rates(options))) {
  for (const LayerMapping& m : options.mappings) unused_.insert(m.layer);
}

std::vector<MappedProgram> SegmentBuilder::run() {
  while (next_ < network_.layers.size()) add_segment();
  if (!unused_.empty()) {
    throw std::invalid_argument(
        fmt::format("mapping of layer {}: the network has no convolution of that name", *unused_.begin()));
  }
  return std::move(segments_);
}

void SegmentBuilder::add_segment() {
  Segment segment(network_, options_, mapper_.weights(), *tables_,
                  segments_.empty() ? nullptr : &segments_.back().program);
  while (next_ < network_.layers.size() && !next_on_host()) {
    segment.add(take_layer());
    if (options_.barrier == LayerBarrier::kLayer) break;
  }
  for (; next_on_host(); ++next_) segment.add_host_layer(next_);
  segments_.push_back(map(segment));
}

MappedProgram SegmentBuilder::map(Segment& segment) {
  if (!segment.empty() && options_.effort != MappingEffort::kFast) {
    if (!search_) search_.emplace(config_, options_, mapper_);
    if (std::optional<MappedProgram> best = search_->best(segment)) return std::move(*best);
    segment.refuse(config_);
  }
  const std::vector<Proposal> proposals = segment.propose(config_);
  if (proposals.empty()) segment.refuse(config_);
  return std::move(
      *segment.lower(config_, segment.plan_of(proposals.front()), Regions::kContiguous, nullptr));
}

AcceleratorLayer SegmentBuilder::take_layer() {
  AcceleratorLayer taken{next_, &network_.layers[next_]};
  const QuantizedLayer& layer = *taken.layer;
  check_format(network_, layer, config_);
  if (layer.op == LayerOp::kConv) {
    const int accumulator_bits = config_.accumulator_bits(width_of(network_.tensors[layer.input].bits));
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

void SegmentBuilder::fuse(AcceleratorLayer& taken) {
  const QuantizedLayer& conv = *taken.layer;
  if (options_.fuse_pooling && conv.operand < 0) {
    const QuantizedLayer* const pool = next_reader();
    if (pool != nullptr && pools_while_draining(*pool) &&
        (conv.table.empty() || is_within(*pool, range_of(network_.tensors[conv.output])))) {
      taken.pool = take_next();
    }
  }
  // The table is asked ahead of the pooling.
  const QuantizedLayer* const lookup = next_reader();
  if (lookup != nullptr && lookup->op == LayerOp::kLookup && conv.table.empty() &&
      (taken.pool == nullptr || keeps_order(*lookup, network_.tensors[lookup->input]))) {
    taken.lookup = take_next();
  }
}

const QuantizedLayer* SegmentBuilder::next_reader() const {
  if (next_ + 1 >= network_.layers.size()) return nullptr;
  const QuantizedLayer* const next = &network_.layers[next_ + 1];
  return only_reader(network_, network_.layers[next_].output) == next ? next : nullptr;
}

const QuantizedLayer* SegmentBuilder::take_next() {
  const QuantizedLayer& layer = network_.layers[++next_];
  check_format(network_, layer, config_);
  return &layer;
}

}  // namespace bitbalance::compiler
