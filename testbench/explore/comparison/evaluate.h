// Every accelerator on one network, by one rule of time: a layer lasts as long as the slowest of its array,
// its post-processor (as many results a cycle as we have columns), its vector work, and its DRAM reads and
// writes at the memory's rate, together where they share a bus. Latency, command queues and what they cost
// are left out for all, ours included; ours is also given by its full timeline.
#pragma once

#include <optional>
#include <vector>

#include "hw/baselines/baseline_kind.h"
#include "testbench/explore/comparison/figures.h"

namespace bitbalance::explore {

struct ComparisonOptions {
  SizingRule rule = SizingRule::kEqualLanes;
  std::vector<const BaselineKind*> baselines;
};

/// Every design with both sets of weights. Precondition: the scenario has a technology; activations, if
/// a baseline needs them. Throws std::invalid_argument when our accelerator cannot execute the network or a
/// baseline does not fit the rule.
NetworkComparison evaluate(const Subject& subject, const ComparisonOptions& options);

/// Its parts. Ours by the common rule, or by its timeline; `run`: of that set.
DesignFigures evaluate_ours(const Subject& subject, WeightSet set, const OurRun& run, bool timeline);
/// The accelerator with PEs that serve 8 bits alone: scenarios/accelerators/lean.yaml.
AcceleratorConfig lean_variant(AcceleratorConfig config);
/// As evaluate_ours() by the common rule: cycles are the same. Nothing where the network needs wider lanes.
std::optional<DesignFigures> evaluate_lean(const Subject& subject, WeightSet set, const OurRun& run);
/// Our runs of that set with dense weights, whose buffers, DRAM traffic and vector work the others share: by
/// the program for our array, and by that with the least DRAM traffic, which binds faster ones. `run`: of the
/// set, as its weights are stored.
std::vector<OurRun> shells_of(const Subject& subject, WeightSet set, const OurRun& run);
/// By the one of these runs that is best for it.
DesignFigures evaluate_baseline(const Subject& subject, WeightSet set, const std::vector<OurRun>& shells,
                                const BaselineKind& kind, SizingRule rule);

}  // namespace bitbalance::explore
