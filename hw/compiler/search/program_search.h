// Looks for the program of least cycles, energy or traffic among those of many mappings, judged by the
// timeline of the analytic level. Stands between the mapper, which proposes and lowers, and the timeline.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "hw/compiler/mapper.h"
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
  struct Candidate {
    AcceleratorConfig config;
    Plan plan;
  };
  struct Found {
    Candidate candidate;
    MappedProgram program;
    Merit merit;
  };

  /// Blocks of the only convolution.
  struct Trials {
    std::vector<LayerMapping> blocks;
    std::vector<std::int64_t> least_cycles;
  };

  void judge(ProgramLayers& layers, const AcceleratorConfig& config, const Plan& plan);
  /// Whether blocks for those sizes of buffers can make a better program than the best one.
  bool leaves_room(ProgramLayers& layers, const AcceleratorConfig& machine);
  void judge_all(ProgramLayers& layers, const AcceleratorConfig& config);
  /// Of a program with one convolution: blocks of many more sizes.
  void judge_many(ProgramLayers& layers, const std::vector<AcceleratorConfig>& machines);
  /// By what they ask of this machine at least, the least first.
  Trials many_of(ProgramLayers& layers, bool full_width) const;
  Merit merit_of(const Program& program);
  /// Sizes of buffers that some machine with less has, the accelerator's own first.
  std::vector<AcceleratorConfig> smaller_machines(ProgramLayers& layers) const;

  const AcceleratorConfig& config_;
  const MapperOptions& options_;
  WeightStatistics& weights_;
  Timeline timeline_;
  ProgramClock clock_;
  std::set<std::vector<int>> judged_;  ///< all that the candidates depend on
  std::optional<Found> best_;
  ProgramOutline outline_;                   ///< of the candidate at hand
  std::vector<AcceleratorConfig> hopeless_;  ///< with these buffers, or smaller ones, nothing is better
};

}  // namespace bitbalance::compiler
