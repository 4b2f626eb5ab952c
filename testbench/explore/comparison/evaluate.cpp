#include "testbench/explore/comparison/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <vector>

#include "base/bits.h"
#include "base/process/interruption.h"
#include "base/text/enum_index.h"
#include "base/text/outside_text.h"
#include "hw/baselines/baseline_cost.h"
#include "hw/isa/weight/tokens.h"
#include "testbench/explore/comparison/pixel_sample.h"
#include "testbench/report/run_report.h"

namespace bitbalance::explore {
namespace {

/// Pixel groups a layer that a baseline whose cycles depend on activations is evaluated on; its figures are
/// estimates where a layer has more.
constexpr int kSampledGroups = 16;

std::int64_t& count(ActionCounts& counts, Action action) {
  return counts[enum_index(action)];
}

std::int64_t activity(const LayerProfile& profile, Engine engine, Activity activity) {
  return profile.activity[enum_index(engine)][enum_index(activity)];
}

void add(const ComponentEnergies& from, ComponentEnergies& to) {
  for (std::size_t c = 0; c < kComponents; ++c) {
    to[c].actions_j += from[c].actions_j;
    to[c].clock_j += from[c].clock_j;
    to[c].leakage_j += from[c].leakage_j;
  }
}

/// Cycles of a layer when `array_cycles` are spent in the array.
std::int64_t layer_time(std::int64_t array_cycles, const OurLayer& layer, const Scenario& scenario) {
  const double rate = scenario.memory.peak_bytes_per_cycle(scenario.accelerator.clock_hz);
  const std::int64_t on_bus = bus_bytes(layer.profile.events, scenario.memory.model);
  const auto transfer = static_cast<std::int64_t>(std::ceil(static_cast<double>(on_bus) / rate));
  const int columns = scenario.accelerator.columns;
  return std::max({array_cycles, ceil_div(layer.profile.events[Event::kDrain], columns),
                   activity(layer.profile, Engine::kVector, Activity::kBusy), transfer});
}

DesignFigures begin(const Subject& subject, const char* design, WeightSet set) {
  DesignFigures figures;
  figures.design = design;
  figures.weights = set;
  figures.frames = subject.frames;
  figures.clock_hz = subject.scenario.accelerator.clock_hz;
  return figures;
}

std::int64_t dram_bytes(const ActionCounts& actions) {
  return actions[enum_index(Action::kDramReadByte)] + actions[enum_index(Action::kDramWriteByte)];
}

BaselineLayer shape_of(const OurLayer& layer) {
  const QuantizedLayer& source = *layer.convolution;
  BaselineLayer shape;
  shape.weights = source.weights.data();
  shape.weight_bits = source.weight_bits;
  shape.width = layer.width;
  shape.output_channels = static_cast<int>(source.bias.size());
  shape.conv_groups = source.groups;
  shape.kernel = static_cast<int>(source.weights.size() / source.bias.size());
  shape.pixels = layer.profile.events[Event::kDrain] / shape.output_channels;
  return shape;
}

/// A byte from each bank of our activation buffer, eight from each of the weight buffer, without conflicts.
Delivery delivery_of(const AcceleratorConfig& config) {
  constexpr int kByteBits = 8, kWordBits = 64;
  return {kByteBits * 2 * config.columns, kWordBits * config.rows};
}

std::int64_t scale(std::int64_t value, std::int64_t to, std::int64_t from) {
  return std::llround(static_cast<double>(value) * static_cast<double>(to) / static_cast<double>(from));
}

/// What the baseline needs for a layer, from a sample of its pixels.
BaselineCycles sampled_cycles(const Baseline& baseline, const Subject& subject, WeightSet set,
                              const OurLayer& layer) {
  const QuantizedNetwork& network = subject.with(set);
  BaselineLayer shape = shape_of(layer);
  const int width = network.tensors[layer.convolution->output].shape.width;
  const auto rows = static_cast<int>(shape.pixels / subject.frames / width);
  const PixelSample sample =
      sample_pixels(network, *layer.convolution, rows, subject.activations, baseline.columns, kSampledGroups);
  const std::int64_t all_pixels = shape.pixels;
  const std::int64_t all_groups = ceil_div(all_pixels, baseline.columns);
  shape.pixels = sample.pixels;
  BaselineCycles cycles = layer_cycles(baseline, shape, sample.activations);
  cycles.cycles = scale(cycles.cycles, all_groups, sample.groups);
  cycles.steps = scale(cycles.steps, all_groups, sample.groups);
  for (std::int64_t* figure : {&cycles.used_pe_cycles, &cycles.pe_cycles, &cycles.terms})
    *figure = scale(*figure, all_pixels, sample.pixels);
  return cycles;
}

/// As wide as the widest convolution of the network; without one, as the scenario's settings.
BaselineWidths widths_of(const OurRun& run, const Scenario& scenario) {
  BaselineWidths widths;
  widths.weight_bits = 0;
  for (const OurLayer& layer : run.layers) {
    if (layer.convolution == nullptr) continue;
    widths.width = std::max(widths.width, layer.width);
    widths.weight_bits = std::max(widths.weight_bits, layer.convolution->weight_bits);
  }
  if (widths.weight_bits == 0) {
    widths.weight_bits = scenario.quantization.options.weight_bits;
    widths.width = width_of(scenario.quantization.options.activation_bits);
  }
  widths.accumulator_bits = scenario.accelerator.accumulator_bits(widths.width);
  return widths;
}

/// What an array needs for a layer, at the rate of our buffers.
BaselineCycles cycles_of(Baseline& baseline, const Subject& subject, WeightSet set, const OurLayer& layer) {
  if (layer.convolution == nullptr) return {};
  const BaselineLayer shape = shape_of(layer);
  baseline.delivery = delivery_of(subject.scenario.accelerator);
  return baseline.kind->needs_activations() ? sampled_cycles(baseline, subject, set, layer)
                                            : layer_cycles(baseline, shape);
}

/// How long arrays of one kind take for all layers, each as long as its slowest part.
class NetworkTime {
 public:
  NetworkTime(const Subject& subject, WeightSet set, const OurRun& shell)
      : subject_(subject), set_(set), shell_(shell) {}

  /// Or any number above `most`, if it is more.
  std::int64_t cycles(Baseline array, std::int64_t most) {
    if (!pe_cycles_.empty() && least_cycles(array) > most) return most + 1;
    const bool first = pe_cycles_.empty();
    std::int64_t sum = 0;
    for (const OurLayer& layer : shell_.layers) {
      throw_if_interrupted();
      const BaselineCycles of_layer = cycles_of(array, subject_, set_, layer);
      if (first) pe_cycles_.push_back(of_layer.pe_cycles);
      sum += time(layer, of_layer.cycles);
      if (sum > most) break;
    }
    return sum;
  }

 private:
  /// Without waiting and unused PEs: what all PEs do is the same in every array.
  std::int64_t least_cycles(const Baseline& array) const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < shell_.layers.size(); ++i)
      sum += time(shell_.layers[i], pe_cycles_[i] / (array.rows * array.columns));
    return sum;
  }
  std::int64_t time(const OurLayer& layer, std::int64_t array_cycles) const {
    return layer_time(array_cycles, layer, subject_.scenario);
  }

  const Subject& subject_;
  WeightSet set_;
  const OurRun& shell_;
  std::vector<std::int64_t> pe_cycles_;  ///< of each layer, from the first array
};

/// Refuses ours if it is smaller than one PE.
void require_one_pe(const BaselineKind& kind, SizingRule rule, const AcceleratorConfig& config, double ours,
                    double of_one_pe, const char* unit) {
  if (of_one_pe <= ours) return;
  throw SettingsError(
      fmt::format("accelerator.rows: {} of {} columns are {:.3g} {}; accepted with --rule {}: {:.3g} {} or "
                  "more, one PE of {}",
                  config.rows, config.columns, ours, unit, to_string(rule), of_one_pe, unit, kind.name()));
}

Baseline sized(const BaselineKind& kind, SizingRule rule, const Subject& subject, WeightSet set,
               const OurRun& shell, const BaselineWidths& widths) {
  const Scenario& scenario = subject.scenario;
  const AcceleratorConfig& config = scenario.accelerator;
  Baseline one_pe(kind);
  one_pe.terms = config.token_form;
  one_pe.rows = one_pe.columns = 1;
  if (rule == SizingRule::kEqualLanes) {
    const int lanes = config.rows * config.lanes(widths.width);
    require_one_pe(kind, rule, config, lanes, one_pe.lanes, "lanes");
    return largest_array(kind, config.token_form,
                         [lanes](const Baseline& b) { return b.rows * b.columns * b.lanes <= lanes; });
  }
  const PriceList prices(*scenario.technology);
  const AreaReport area = CostModel(*scenario.technology, config).area();
  const double budget_mm2 = area.component[enum_index(Component::kPeArray)].total_mm2() +
                            area.component[enum_index(Component::kWeightEncoder)].total_mm2();
  require_one_pe(kind, rule, config, budget_mm2, array_mm2(prices, one_pe, widths), "mm2");
  NetworkTime time(subject, set, shell);
  return fastest_array(
      kind, config.token_form, [&](const Baseline& b) { return array_mm2(prices, b, widths) <= budget_mm2; },
      [&](const Baseline& b, std::int64_t most) { return time.cycles(b, most); });
}

bool serves(const AcceleratorConfig& config, const OurRun& run) {
  return std::all_of(run.layers.begin(), run.layers.end(), [&](const OurLayer& layer) {
    return layer.convolution == nullptr || config.serves(layer.width, layer.convolution->weight_bits);
  });
}

DesignFigures evaluate_as(const char* design, const AcceleratorConfig& config, const Subject& subject,
                          WeightSet set, const OurRun& run, bool timeline) {
  const CostModel model(*subject.scenario.technology, config);
  DesignFigures figures = begin(subject, design, set);
  figures.rows = config.rows;
  figures.columns = config.columns;
  figures.lanes = config.lanes(widths_of(run, subject.scenario).width) / config.columns;
  figures.area = model.area();
  for (const OurLayer& layer : run.layers) {
    throw_if_interrupted();
    const EventCounts& events = layer.profile.events;
    const std::int64_t array_cycles = activity(layer.profile, Engine::kCompute, Activity::kBusy) +
                                      activity(layer.profile, Engine::kCompute, Activity::kBankConflict);
    const double lanes = double(config.rows) * config.lanes(layer.width);
    ArrayCycles array;
    array.terms = static_cast<double>(events[Event::kShiftAdd]) / lanes;
    array.empty = static_cast<double>(events[Event::kNullSlot]) / lanes;
    figures.array.terms += array.terms;
    figures.array.empty += array.empty;
    figures.array.unused += std::max(0.0, static_cast<double>(array_cycles) - array.sum());

    Work work = work_of(layer.profile, layer.width);
    if (!timeline) work.cycles = layer_time(array_cycles, layer, subject.scenario);
    figures.cycles += work.cycles;
    figures.dram_bytes += dram_bytes(work.actions);
    add(model.energy(work).components(), figures.energy);
  }
  return figures;
}

DesignFigures evaluate_with(const OurRun& shell, const Subject& subject, WeightSet set,
                            const BaselineKind& kind, SizingRule rule) {
  const BaselineWidths widths = widths_of(shell, subject.scenario);
  Baseline baseline = sized(kind, rule, subject, set, shell, widths);
  const BaselineCost model(*subject.scenario.technology, subject.scenario.accelerator, baseline, widths);
  DesignFigures figures = begin(subject, kind.name(), set);
  figures.rows = baseline.rows;
  figures.columns = baseline.columns;
  figures.lanes = baseline.lanes;
  figures.area = model.area();
  const double pes = double(baseline.rows) * baseline.columns;
  for (const OurLayer& layer : shell.layers) {
    throw_if_interrupted();
    Work work = work_of(layer.profile, layer.width);
    const BaselineCycles cycles = cycles_of(baseline, subject, set, layer);
    BaselineWork array;
    if (layer.convolution != nullptr) {
      const BaselineLayer shape = shape_of(layer);
      array = array_work(baseline, shape, cycles);
      count(work.actions, Action::kWeightWordRead) = weight_words(baseline, shape);
      count(work.actions, Action::kActivationRead) = array.activations;
      const double capacity = kind.terms_per_cycle(baseline, shape.weight_bits);
      // Of a sample the figures are rounded one by one: no part is larger than its whole.
      const auto all = static_cast<double>(cycles.cycles);
      const double used = std::min(static_cast<double>(cycles.used_pe_cycles) / pes, all);
      const double busy = std::min(static_cast<double>(cycles.pe_cycles) / pes, used);
      const double terms = std::min(static_cast<double>(cycles.terms) / capacity / pes, busy);
      figures.array.terms += terms;
      figures.array.empty += busy - terms;
      figures.array.waiting += used - busy;
      figures.array.unused += all - used;
    }
    for (const Action action : {Action::kShiftAdd, Action::kNullSlot, Action::kDrain, Action::kEncodeWeight})
      count(work.actions, action) = 0;
    work.cycles = layer_time(cycles.cycles, layer, subject.scenario);
    figures.cycles += work.cycles;
    figures.dram_bytes += dram_bytes(work.actions);
    add(model.energy(work, array), figures.energy);
  }
  return figures;
}

/// Over the convolutions; without one, what the scenario sets for all.
LayerRange range_of(const QuantizedNetwork& network, int QuantizedLayer::*member, int of_all) {
  std::vector<int> values;
  for (const QuantizedLayer& layer : network.layers)
    if (layer.op == LayerOp::kConv) values.push_back(layer.*member);
  if (values.empty()) return {of_all, of_all};
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return {*least, *most};
}

/// Refuses stored tokens if a weight without the limit on its tokens takes more bits than a code has.
void require_stored_full_weights(const Subject& subject) {
  const AcceleratorConfig& config = subject.scenario.accelerator;
  for (const QuantizedLayer& layer : subject.with(WeightSet::kFull).layers) {
    if (layer.op != LayerOp::kConv) continue;
    const int bits = stored_bits(layer.weight_bits, layer.nnzb, config.token_form, config.weight_storage);
    if (bits <= kMaxStoredBits) continue;
    throw SettingsError(fmt::format(
        "accelerator.weight_storage: {}; accepted for a comparison: dense, or weights of fewer bits: "
        "ours also takes those of layer {} without the limit of nnzb, as {} bits each of at most {}",
        to_string(config.weight_storage), one_line(layer.name), bits, kMaxStoredBits));
  }
}

}  // namespace

AcceleratorConfig lean_variant(AcceleratorConfig config) {
  config.pe = {PeLanes::kNarrow, 7};
  config.accumulator_bits_8 = std::min(config.accumulator_bits_8, 24);
  config.allow_wrap = true;
  return config;
}

DesignFigures evaluate_ours(const Subject& subject, WeightSet set, const OurRun& run, bool timeline) {
  return evaluate_as(timeline ? kOurTimeline : kOurs, subject.scenario.accelerator, subject, set, run,
                     timeline);
}

std::optional<DesignFigures> evaluate_lean(const Subject& subject, WeightSet set, const OurRun& run) {
  const AcceleratorConfig config = lean_variant(subject.scenario.accelerator);
  if (!serves(config, run)) return std::nullopt;
  return evaluate_as(kOurLean, config, subject, set, run, false);
}

std::vector<OurRun> shells_of(const Subject& subject, WeightSet set, const OurRun& run) {
  const Scenario& scenario = subject.scenario;
  const bool is_dense = scenario.accelerator.weight_storage == WeightStorage::kDense;
  std::vector<OurRun> shells = {is_dense ? run : run_ours(subject, set, WeightStorage::kDense)};
  const bool knows_objectives = scenario.mapping.effort != MappingEffort::kFast;
  if (knows_objectives && scenario.mapping.objective != MappingObjective::kDramBytes)
    shells.push_back(run_ours(subject, set, WeightStorage::kDense, MappingObjective::kDramBytes));
  return shells;
}

DesignFigures evaluate_baseline(const Subject& subject, WeightSet set, const std::vector<OurRun>& shells,
                                const BaselineKind& kind, SizingRule rule) {
  std::vector<DesignFigures> found;
  found.reserve(shells.size());
  for (const OurRun& shell : shells) found.push_back(evaluate_with(shell, subject, set, kind, rule));
  return *std::min_element(found.begin(), found.end(), [](const DesignFigures& a, const DesignFigures& b) {
    return std::tie(a.cycles, a.dram_bytes) < std::tie(b.cycles, b.dram_bytes);
  });
}

NetworkComparison evaluate(const Subject& subject, const ComparisonOptions& options) {
  require_stored_full_weights(subject);
  const Scenario& scenario = subject.scenario;
  NetworkComparison result;
  result.scenario = scenario.name;
  result.rule = options.rule;
  result.synthetic_weights = subject.synthetic_weights();
  result.synthetic_images = scenario.network.synthetic();
  const QuantizedNetwork& limited = subject.with(WeightSet::kLimited);
  const QuantizationOptions& options_of_all = scenario.quantization.options;
  result.weight_bits = range_of(limited, &QuantizedLayer::weight_bits, options_of_all.weight_bits);
  result.nnzb = range_of(limited, &QuantizedLayer::nnzb, options_of_all.nnzb);
  result.activation_bits = options_of_all.activation_bits;
  result.bytes_per_cycle = scenario.memory.peak_bytes_per_cycle(scenario.accelerator.clock_hz);
  if (scenario.memory.model == MemoryKind::kTimed) result.memory = scenario.memory.dram.config.name;
  result.clock_hz = scenario.accelerator.clock_hz;
  result.highest_clock = highest_clock(*scenario.technology, scenario.accelerator.pipeline);
  result.technology = process_name(*scenario.technology);
  result.technology_name = scenario.technology->name;
  result.dram_type = to_string(scenario.technology->dram.type);

  std::array<std::vector<OurRun>, kWeightSets> shells;
  for (const WeightSet set : {WeightSet::kFull, WeightSet::kLimited}) {
    const OurRun run = run_ours(subject, set, scenario.accelerator.weight_storage);
    for (const bool timeline : {false, true})
      result.designs.push_back(evaluate_ours(subject, set, run, timeline));
    if (const auto lean = evaluate_lean(subject, set, run)) result.designs.push_back(*lean);
    shells[enum_index(set)] = shells_of(subject, set, run);
  }
  for (const BaselineKind* kind : options.baselines) {
    for (const WeightSet set : {WeightSet::kFull, WeightSet::kLimited}) {
      result.designs.push_back(evaluate_baseline(subject, set, shells[enum_index(set)], *kind, options.rule));
    }
  }
  return result;
}

}  // namespace bitbalance::explore
