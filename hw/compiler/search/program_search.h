// Looks for the program of least cycles, energy or traffic among those of many mappings, judged by the
// timeline of the analytic level. Stands between the mapper, which proposes and lowers, and the timeline.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "hw/compiler/mapper.h"
#include "hw/compiler/search/layer_times.h"
#include "hw/compiler/search/program_clock.h"
#include "hw/compiler/search/program_layers.h"
#include "hw/timeline/timeline.h"

namespace bitbalance::compiler {

/// A machine with more is never slower: the programs that are judged are made for every smaller machine, too,
/// for buffers of the default sizes times powers of four, up to the accelerator's, and for a fixed list of
/// memories. A larger machine therefore judges all that a smaller one does, and a program on its own never
/// takes longer with more bandwidth, less latency, longer queues or more outstanding requests, for its edges
/// are maxima over sums (docs/timing.md). Buffers of other sizes add programs of their own, which larger ones
/// need not find.
class ProgramSearch {
 public:
  ProgramSearch(const AcceleratorConfig& config, const MapperOptions& options, const Mapper& mapper);

  /// Memories that plans are made for, bytes per cycle. The same for every machine.
  static std::vector<double> planned_rates() { return {12.8, 0.8, 1.6, 3.2, 6.4, 25.6, 51.2, 102.4, 204.8}; }

  /// The best program, none where a layer does not fit. Precondition: there is a layer for the accelerator.
  std::optional<MappedProgram> best(ProgramLayers& layers);

 private:
  /// Less is better.
  struct Merit {
    double value = 0;
    std::int64_t cycles = 0;
    bool operator<(const Merit& o) const { return value != o.value ? value < o.value : cycles < o.cycles; }
  };
  struct Found {
    Plan plan;
    MappedProgram program;
    Merit merit;
  };

  /// What is proposed for these machines, but for those of them that cannot be better.
  std::vector<Plan> plans_for(ProgramLayers& layers, const std::vector<AcceleratorConfig>& machines);
  /// Those of the machines that differ for a program.
  void set_targets(const std::vector<AcceleratorConfig>& machines);
  /// What the search by cycles finds. Precondition: it finds something.
  Plan fastest_plan(ProgramLayers& layers);
  bool goes_by_cycles() const { return options_.objective == MappingObjective::kCycles; }
  bool has_bound() const { return goes_by_cycles() || options_.objective == MappingObjective::kDramBytes; }
  /// What no program with this demand has less of, in the objective's unit. Precondition: has_bound().
  std::int64_t bound(const LayerDemand& demand) const;
  /// Energy or energy x cycles as far as it follows from the demand: what promises most is judged first.
  double estimate_of(const LayerDemand& demand) const;
  /// Than the best one, by the bound.
  bool cannot_be_better(const LayerDemand& demand) const;
  /// Whether blocks for those sizes of buffers can make a better program than the best one.
  bool leaves_room(ProgramLayers& layers, const AcceleratorConfig& machine);
  void try_all_blocks(ProgramLayers& layers);
  /// In the best plan's place of a convolution: blocks of many more sizes.
  void try_many_blocks(ProgramLayers& layers, std::size_t convolution);
  void try_blocks(ProgramLayers& layers, std::size_t convolution, const std::vector<LayerMapping>& blocks);
  /// `most` of `count` plans, by the bound or the estimate: the least first.
  void judge_most_promising(ProgramLayers& layers, std::size_t count, std::size_t most,
                            const std::function<const Plan&(std::size_t)>& plan_of);
  /// Judges a plan on all targets that it fits, whichever machine it was proposed for: where regions fall
  /// into place best cannot be said beforehand. And a user who asks for this plan gets the program that was
  /// found.
  void judge_everywhere(ProgramLayers& layers, const Plan& plan);
  /// The same by cycles. By another objective it is judged on this machine alone: there is no bound then that
  /// spares most targets, and a plan's events hardly depend on them.
  void consider(ProgramLayers& layers, const Plan& plan);
  /// `largest`: a machine whose program without gaps takes no longer.
  void judge(ProgramLayers& layers, const AcceleratorConfig& config, const Plan& plan,
             const AcceleratorConfig& largest);
  /// The plan's program if it is better than the best one.
  std::optional<Found> evaluate(ProgramLayers& layers, const AcceleratorConfig& config, const Plan& plan,
                                Regions regions, const AcceleratorConfig& largest);
  /// Whether layers' times are asked for: that pays where many programs have a layer's block.
  static bool knows_times(const Plan& plan) { return plan.size() >= 8; }
  /// Whether the plan that outline_ is of can take less than `limit` cycles. Fills in times of its layers.
  bool may_beat(ProgramLayers& layers, const Plan& plan, std::int64_t limit,
                const AcceleratorConfig& largest);
  Merit merit_of(const Program& program);
  /// Sizes of buffers that some machine with less has, the accelerator's own first.
  std::vector<AcceleratorConfig> smaller_machines(ProgramLayers& layers) const;

  const AcceleratorConfig& config_;
  const MapperOptions& options_;
  const Mapper& mapper_;
  WeightStatistics& weights_;
  Timeline timeline_;
  ProgramClock clock_;
  /// This one and all smaller ones, with its weight buffer, which every program uses as a whole; the largest
  /// output buffers first, of the same those with the largest activation buffers.
  std::vector<AcceleratorConfig> targets_;
  std::optional<Found> best_;
  /// Of a plan that evaluate() refused: with smaller output buffers, and else the same, it would have refused
  /// it, too. Where none is said to, it is not known.
  bool refused_for_smaller_outputs_ = false;
  ProgramOutline outline_;                   ///< of the candidate at hand
  std::optional<LayerTimesTable> times_;     ///< of the program's layers
  std::vector<AcceleratorConfig> hopeless_;  ///< with these buffers, or smaller ones, nothing is better
};

}  // namespace bitbalance::compiler
