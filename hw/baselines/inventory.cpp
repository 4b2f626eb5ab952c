#include "hw/baselines/inventory.h"

#include "hw/baselines/baseline_kind.h"

namespace bitbalance::baselines {

namespace {

/// As long as a step lasts, clocked in each cycle; pairs of their own that PEs hold need nothing in front.
bool holds_operands_in_front(const Structure& s) {
  return s.pair.count == 0;
}

}  // namespace

BaselineParts inventory(const Baseline& baseline, const BaselineWidths& widths) {
  const Structure s = baseline.kind->structure(baseline, widths);
  const Logic pe =
      processing_element(baseline, widths) + muxes(widths.accumulator_bits);  // the drain's choice of a row
  const Logic activations = baseline.columns * s.activation.count * s.activation.exists;
  BaselineParts parts;
  parts.array.logic = double(baseline.rows) * baseline.columns * pe + activations;
  parts.front_end.logic = baseline.rows * s.weight.count * s.weight.exists;
  if (holds_operands_in_front(s)) {
    parts.array.free_running_bits = activations.register_bits;
    parts.front_end.free_running_bits = parts.front_end.logic.register_bits;
  }
  return parts;
}

Logic processing_element(const Baseline& baseline, const BaselineWidths& widths) {
  const Structure s = baseline.kind->structure(baseline, widths);
  return s.term.count * s.term.exists + s.pair.count * s.pair.exists + s.tree + s.shared +
         registers(s.sum_bits) + gates(widths.accumulator_bits) +                          // cleared
         adders(widths.accumulator_bits) + held_registers(2.0 * widths.accumulator_bits);  // and shadow
}

BaselineUses uses(const Baseline& baseline, const BaselineWidths& widths) {
  const Structure s = baseline.kind->structure(baseline, widths);
  const double accumulator = widths.accumulator_bits;
  BaselineUses uses;
  // An adder of the tree for each term, and no more for those that are not there.
  uses.term.logic =
      s.term.switches + (1.0 / baseline.kind->terms_per_cycle(baseline, widths.weight_bits)) * s.tree;
  uses.idle_term.clocked_bits = s.term.switches.register_bits;
  uses.pe_cycle.logic = s.shared + adders(accumulator) + registers(s.sum_bits + accumulator);
  uses.pe_cycle.clocked_bits = s.clocked_bits;
  uses.waiting.clocked_bits = uses.pe_cycle.logic.register_bits + s.clocked_bits;
  uses.pair.logic = s.pair.switches;
  uses.drain.logic = muxes(accumulator * stages(baseline.rows)) + registers(accumulator);
  const bool clocked_on_entry = !holds_operands_in_front(s);
  uses.activation = {s.activation.switches, clocked_on_entry, 0, 0};
  uses.weight = {s.weight.switches, clocked_on_entry, 0, 0};
  return uses;
}

}  // namespace bitbalance::baselines
