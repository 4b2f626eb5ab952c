#include "hw/baselines/inventory.h"

#include "hw/baselines/baseline_kind.h"

namespace bitbalance::baselines {

BaselineParts inventory(const Baseline& baseline, const BaselineWidths& widths) {
  const Structure s = baseline.kind->structure(baseline, widths);
  const int accumulator = widths.accumulator_bits;
  const Logic pe = s.term.count * s.term.exists + s.pair.count * s.pair.exists + s.tree + s.shared +
                   adders(accumulator) + registers(s.sum_bits) + registers(2.0 * accumulator) +  // and shadow
                   muxes(accumulator);  // the drain's choice of a row
  BaselineParts parts;
  parts.array.logic = double(baseline.rows) * baseline.columns * pe +
                      baseline.columns * s.activation.count * s.activation.exists;
  parts.front_end.logic = baseline.rows * s.weight.count * s.weight.exists;
  return parts;
}

BaselineUses uses(const Baseline& baseline, const BaselineWidths& widths) {
  const Structure s = baseline.kind->structure(baseline, widths);
  const double accumulator = widths.accumulator_bits;
  BaselineUses uses;
  // An adder of the tree for each term, and no more for those that are not there.
  uses.term.logic =
      s.term.switches + (1.0 / baseline.kind->terms_per_cycle(baseline, widths.weight_bits)) * s.tree;
  uses.pe_cycle.logic = s.shared + adders(accumulator) + registers(s.sum_bits + accumulator);
  uses.pair.logic = s.pair.switches;
  uses.drain.logic = muxes(accumulator * stages(baseline.rows)) + registers(accumulator);
  uses.activation.logic = s.activation.switches;
  uses.weight.logic = s.weight.switches;
  return uses;
}

}  // namespace bitbalance::baselines
