// Energy and area of an accelerator with another array: hw/cost's prices for the array and its front end,
// hw/cost's own model for everything that is the same as ours.
#pragma once

#include <cstdint>

#include "hw/baselines/inventory.h"
#include "hw/baselines/layer_cycles.h"
#include "hw/cost/cost_model.h"

namespace bitbalance::baselines {

/// What the array did.
struct BaselineWork {
  std::int64_t terms = 0;
  /// Lane cycles of used PEs without a term, and cycles in which used PEs wait: the clock, and a
  /// null_slot_share of the rest.
  std::int64_t idle_terms = 0;
  std::int64_t pe_cycles = 0;
  std::int64_t waiting_pe_cycles = 0;
  std::int64_t pairs = 0;
  std::int64_t drains = 0;
  std::int64_t activations = 0;  ///< entered a column
  std::int64_t weights = 0;      ///< entered a row
};

/// Of a layer; the array reads every weight again for each group of pixels, every activation for each group
/// of channels.
BaselineWork array_work(const Baseline& baseline, const BaselineLayer& layer, const BaselineCycles& cycles);

/// 64-bit words of the weight buffer: each channel's weights are packed and begin a word.
std::int64_t weight_words(const Baseline& baseline, const BaselineLayer& layer);

class BaselineCost {
 public:
  /// `shell`: buffers, post-processor, DMA and controller, of the array's width of activations alone. Throws
  /// ConfigError as the checks of the three do.
  BaselineCost(const Technology& technology, const AcceleratorConfig& shell, const Baseline& baseline,
               const BaselineWidths& widths);

  /// `shell`: cycles, and the actions of all components but array and encoder, whose counts are not looked
  /// at.
  ComponentEnergies energy(const Work& shell, const BaselineWork& array) const;
  const AreaReport& area() const { return area_; }

 private:
  struct ArrayPrices {
    double term_pj, idle_term_pj, pe_cycle_pj, waiting_pj, pair_pj, drain_pj, activation_pj, weight_pj;
    double array_clock_pj, front_end_clock_pj;  ///< of a cycle
    double array_leakage_mw, front_end_leakage_mw;
  };
  CostModel shell_;
  double clock_hz_;
  ArrayPrices prices_{};
  AreaReport area_;
};

/// Array and front end: what equal area is about.
double array_mm2(const PriceList& prices, const Baseline& baseline, const BaselineWidths& widths);

}  // namespace bitbalance::baselines
