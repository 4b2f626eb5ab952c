// Looks for the program of least cycles, energy or traffic among those of many mappings, judged by the
// timeline of the analytic level. Stands between the mapper, which proposes and lowers, and the timeline.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "hw/compiler/blocks/layer_estimate.h"
#include "hw/compiler/mapper.h"
#include "hw/timeline/timeline.h"

namespace bitbalance::compiler {

/// A block for every convolution of a program, in their order.
using Plan = std::vector<LayerMapping>;

/// The layers of one program, for whichever sizes of buffers. Only those sizes differ between the
/// configurations that it is asked about.
class ProgramLayers {
 public:
  virtual ~ProgramLayers() = default;
  /// For each rate of the memory a plan; empty when a layer does not fit.
  virtual std::vector<Plan> propose(const AcceleratorConfig& config, const std::vector<double>& rates) = 0;
  /// All blocks of one convolution.
  virtual std::vector<LayerMapping> alternatives(const AcceleratorConfig& config,
                                                 std::size_t convolution) = 0;
  virtual LayerDemand demand(const AcceleratorConfig& config, const Plan& plan) = 0;
  /// Of any plan at least.
  virtual LayerDemand least_demand(const AcceleratorConfig& config) = 0;
  virtual MappedProgram lower(const AcceleratorConfig& config, const Plan& plan) = 0;
};

/// A machine with more is never slower: the programs that are judged are made for every smaller machine, too,
/// for buffers of the default sizes times powers of four, up to the accelerator's, and for a fixed list of
/// memories. A larger machine therefore judges all that a smaller one does, and a program on its own never
/// takes longer with more bandwidth, less latency, longer queues or more outstanding requests, for its edges
/// are maxima over sums (docs/timing.md). Buffers of other sizes add programs of their own, which larger ones
/// need not find.
class ProgramSearch {
 public:
  ProgramSearch(const AcceleratorConfig& config, const MapperOptions& options, const Mapper& mapper);

  /// The best program, none where a layer does not fit. Precondition: there is a layer for the accelerator.
  std::optional<MappedProgram> best(ProgramLayers& layers);

 private:
  /// Less is better.
  struct Merit {
    double value = 0;
    std::int64_t cycles = 0;
    bool operator<(const Merit& o) const { return value != o.value ? value < o.value : cycles < o.cycles; }
  };
  struct Candidate {
    AcceleratorConfig config;
    Plan plan;
  };
  struct Found {
    Candidate candidate;
    MappedProgram program;
    Merit merit;
  };

  void judge(ProgramLayers& layers, const AcceleratorConfig& config, const Plan& plan);
  void judge_all(ProgramLayers& layers, const AcceleratorConfig& config);
  Merit merit_of(const Program& program);
  /// What no program of that plan can beat.
  std::int64_t least_cycles(const LayerDemand& demand) const;
  /// Sizes of buffers that some machine with less has, the accelerator's own first.
  std::vector<AcceleratorConfig> smaller_machines(ProgramLayers& layers) const;

  const AcceleratorConfig& config_;
  const MapperOptions& options_;
  WeightStatistics& weights_;
  Timeline timeline_;
  std::set<std::vector<int>> judged_;  ///< all that the candidates depend on
  std::optional<Found> best_;
};

}  // namespace bitbalance::compiler
