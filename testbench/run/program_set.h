// The programs of a scenario: for full batches of images and for the rest, a segment each time that another
// takes over; and where they lie in memory. Between the mapper and whoever runs them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "hw/compiler/mapper.h"
#include "testbench/run/system/program_regions.h"
#include "testbench/scenario/scenario.h"

namespace bitbalance::runner {

struct LoadedProgram {
  MappedProgram mapped;
  std::uint64_t constants_base = 0;  ///< address

  const Program& program() const { return mapped.program; }
};

/// Programs of one batch, in order, all on the same data region.
using Segments = std::vector<LoadedProgram>;

/// What the mapper chose: for full batches, then for a shorter last one, which entries of its own name.
struct ChosenMappings {
  std::vector<LayerMapping> layers;  ///< of convolutions
  // Of all programs of a full batch together, if the timeline judged them; else 0.
  std::int64_t cycles = 0;        ///< of a batch
  std::int64_t least_cycles = 0;  ///< what no mapping can beat

  void add(const MappedProgram& mapped, bool full_batch);
  /// How far from the best it can be, as a comment line of YAML; empty if nothing was judged. `memory`: of
  /// the run; the mapper judges with an ideal one.
  std::string comment(MemoryKind memory) const;
};

/// Throws std::invalid_argument when a mapping's layer is no convolution of the network; also of entries for
/// a batch that does not occur, which no mapper sees.
void check_names(const std::vector<LayerMapping>& mappings, const QuantizedNetwork& network);

/// How a program of `batch` images is mapped. Throws std::invalid_argument when the scenario maps a layer
/// that is no convolution of the network.
MapperOptions mapper_options(const Scenario& scenario, const QuantizedNetwork& network, int batch);

/// Images of full batches; then, if the images do not divide into them, of the rest.
std::vector<int> batch_sizes(int batch, int images);

/// Which entries of the scenario's mapping are for programs that a run of so many images does not have, and
/// which it has, in one line; empty: all are used.
std::string unused_mappings(const Scenario& scenario, int images);

class ProgramSet {
 public:
  /// Throws std::invalid_argument when the accelerator cannot execute the network.
  ProgramSet(const Scenario& scenario, const QuantizedNetwork& network, int images);

  /// Of full batches; then, if the images do not divide into them, of the rest.
  const std::vector<Segments>& batches() const { return batches_; }
  /// The segments that take the next images when so many are left.
  const Segments& next(int images_left) const;

  /// Calls place(address, constants) for each program, whose constants are gone then: a memory has them.
  template <class Place>
  void move_constants(const Place& place) {
    for (Segments& segments : batches_) {
      for (LoadedProgram& loaded : segments) {
        const std::vector<std::uint8_t> constants = std::move(loaded.mapped.program.constants);
        place(loaded.constants_base, constants);
      }
    }
  }

  /// Address of the data region, after the constants of all programs.
  std::uint64_t data_base() const { return layout_.data_base(); }
  std::uint64_t memory_bytes() const { return layout_.memory_bytes(); }
  ProgramRegions regions(const LoadedProgram& loaded) const {
    return layout_.regions(loaded.program(), loaded.constants_base);
  }

  // Of full batches.
  std::vector<std::string> layer_names() const;
  std::vector<std::string> accelerator_layer_names() const;
  /// The program with a layer of that name, or else the first.
  const Program& program_with(const std::string& layer) const;
  ChosenMappings mappings() const;  ///< of all batches

 private:
  std::vector<std::string> names(bool (*counts)(const ProgramLayer&)) const;

  std::vector<Segments> batches_;
  MemoryLayout layout_;
};

}  // namespace bitbalance::runner
