#include "hw/baselines/baseline_cost.h"

#include "base/bits.h"
#include "base/text/enum_index.h"
#include "hw/baselines/baseline_kind.h"

namespace bitbalance::baselines {
namespace {

constexpr double kJoulePerPicojoule = 1e-12;
constexpr double kWattPerMilliwatt = 1e-3;
constexpr int kWordBits = 64;

/// What is around an array of these widths: like the array, it serves no others.
AcceleratorConfig shell_for(AcceleratorConfig config, const BaselineWidths& widths) {
  if (widths.width == Width::k8) config.pe.lanes = PeLanes::kNarrow;
  return config;
}

}  // namespace

BaselineWork array_work(const Baseline& baseline, const BaselineLayer& layer, const BaselineCycles& cycles) {
  const std::int64_t weights = std::int64_t{layer.output_channels} * layer.kernel;
  const std::int64_t channels = layer.output_channels / layer.conv_groups;
  BaselineWork work;
  work.terms = cycles.terms;
  work.idle_terms =
      cycles.used_pe_cycles * baseline.kind->terms_per_cycle(baseline, layer.weight_bits) - cycles.terms;
  work.pe_cycles = cycles.pe_cycles;
  work.waiting_pe_cycles = cycles.used_pe_cycles - cycles.pe_cycles;
  work.pairs = weights * layer.pixels;
  work.drains = layer.output_channels * layer.pixels;
  work.activations = layer.conv_groups * ceil_div(channels, baseline.rows) * layer.kernel * layer.pixels;
  work.weights = weights * ceil_div(layer.pixels, baseline.columns);
  return work;
}

std::int64_t weight_words(const Baseline& baseline, const BaselineLayer& layer) {
  return layer.output_channels * ceil_div(std::int64_t{layer.kernel} * layer.weight_bits, kWordBits) *
         ceil_div(layer.pixels, baseline.columns);
}

BaselineCost::BaselineCost(const Technology& technology, const AcceleratorConfig& shell,
                           const Baseline& baseline, const BaselineWidths& widths)
    : shell_(technology, shell_for(shell, widths)), clock_hz_(shell.clock_hz), area_(shell_.area()) {
  check(baseline);
  const PriceList prices(technology);
  const BaselineParts parts = inventory(baseline, widths);
  const BaselineUses use = uses(baseline, widths);
  const auto pj = [&](const ActionUse& action) { return prices.action_pj(action, parts.array); };
  // Of nothing that is done, as of our null slots: the clock, and a share of the rest.
  const auto idle_pj = [&](const ActionUse& idle, const ActionUse& busy) {
    return pj(idle) + prices.null_slot_share() * (pj(busy) - pj(idle));
  };
  prices_ = {pj(use.term),
             idle_pj(use.idle_term, use.term),
             pj(use.pe_cycle),
             idle_pj(use.waiting, use.pe_cycle),
             pj(use.pair),
             pj(use.drain),
             pj(use.activation),
             pj(use.weight),
             prices.clock_pj(parts.array),
             prices.clock_pj(parts.front_end),
             prices.leakage_mw(parts.array),
             prices.leakage_mw(parts.front_end)};
  area_.component[enum_index(Component::kPeArray)] = prices.area(parts.array);
  area_.component[enum_index(Component::kWeightEncoder)] = prices.area(parts.front_end);
}

ComponentEnergies BaselineCost::energy(const Work& shell, const BaselineWork& array) const {
  ComponentEnergies result = shell_.energy(shell).components();
  const double seconds = static_cast<double>(shell.cycles) / clock_hz_;
  const double clocks_j = static_cast<double>(shell.cycles) * kJoulePerPicojoule;
  const auto joules = [](double pj, std::int64_t count) {
    return pj * static_cast<double>(count) * kJoulePerPicojoule;
  };
  result[enum_index(Component::kPeArray)] = {
      joules(prices_.term_pj, array.terms) + joules(prices_.idle_term_pj, array.idle_terms) +
          joules(prices_.pe_cycle_pj, array.pe_cycles) + joules(prices_.waiting_pj, array.waiting_pe_cycles) +
          joules(prices_.pair_pj, array.pairs) + joules(prices_.drain_pj, array.drains) +
          joules(prices_.activation_pj, array.activations),
      clocks_j * prices_.array_clock_pj, seconds * prices_.array_leakage_mw * kWattPerMilliwatt};
  result[enum_index(Component::kWeightEncoder)] = {
      joules(prices_.weight_pj, array.weights), clocks_j * prices_.front_end_clock_pj,
      seconds * prices_.front_end_leakage_mw * kWattPerMilliwatt};
  return result;
}

double array_mm2(const PriceList& prices, const Baseline& baseline, const BaselineWidths& widths) {
  const BaselineParts parts = inventory(baseline, widths);
  return prices.area(parts.array).total_mm2() + prices.area(parts.front_end).total_mm2();
}

}  // namespace bitbalance::baselines
