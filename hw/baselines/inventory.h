// What the arrays of the other accelerators are made of, in the parts of hw/cost: with the same buffers,
// post-processor and DMA as ours, all that differs is the array and what feeds weights to its rows.
// docs/baselines.md has the same as a table, with the sources.
#pragma once

#include "hw/baselines/baseline.h"
#include "hw/baselines/structure.h"

namespace bitbalance::baselines {

struct BaselineParts {
  Parts array;      ///< all PEs, and the activations in front of the columns
  Parts front_end;  ///< weights of this step and the next in front of the rows, and their encoders
};
BaselineParts inventory(const Baseline& baseline, const BaselineWidths& widths);
/// A PE without its share of the drain: as in hw/verilog/baselines, whose synthesis it is compared with.
Logic processing_element(const Baseline& baseline, const BaselineWidths& widths);

/// What the actions of an array use.
struct BaselineUses {
  ActionUse term;        ///< of BaselineCycles::terms
  ActionUse idle_term;   ///< a lane without one, in any case: its clock
  ActionUse pe_cycle;    ///< beside its terms: a PE adds their sum to its accumulator
  ActionUse waiting;     ///< a PE waits for slower ones, in any case: the clock of what pe_cycle writes
  ActionUse pair;        ///< a PE takes a weight and an activation of its own, where it has such
  ActionUse drain;       ///< an accumulator leaves the array
  ActionUse activation;  ///< enters a column
  ActionUse weight;      ///< enters a row: the front end
};
BaselineUses uses(const Baseline& baseline, const BaselineWidths& widths);

}  // namespace bitbalance::baselines
