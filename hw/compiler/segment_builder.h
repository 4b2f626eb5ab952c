// Cuts a network into segments, which become programs, and decides which layers a convolution takes in.
// Between the mapper and the layers of each program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hw/compiler/accelerator_layer.h"
#include "hw/compiler/block_tables.h"
#include "hw/compiler/mapper.h"
#include "hw/compiler/search/program_search.h"
#include "hw/compiler/segment.h"

namespace bitbalance::compiler {

/// Maps the layers of a network in order, segment by segment.
class SegmentBuilder {
 public:
  /// `largest_sums`: of each layer's output channels. Keeps references.
  SegmentBuilder(const Mapper& mapper, const std::vector<std::int64_t>& largest_sums,
                 const AcceleratorConfig& config, const MapperOptions& options, BlockTablesMemo& tables);

  /// Once. Throws as Mapper::map() does.
  std::vector<MappedProgram> run();

 private:
  bool next_on_host() const { return next_ < network_.layers.size() && on_host(network_.layers[next_].op); }
  void add_segment();
  MappedProgram map(Segment& segment);

  AcceleratorLayer take_layer();
  /// Takes in what the command of a convolution can do besides.
  void fuse(AcceleratorLayer& taken);
  /// The layer after the current one, if that alone reads its result: fused, layers keep their order.
  const QuantizedLayer* next_reader() const;
  const QuantizedLayer* take_next();

  const Mapper& mapper_;
  const QuantizedNetwork& network_;
  const std::vector<std::int64_t>& largest_sums_;
  const AcceleratorConfig& config_;
  const MapperOptions& options_;
  const std::shared_ptr<BlockTables> tables_;
  std::optional<ProgramSearch> search_;
  std::set<std::string> unused_;  ///< user's mappings
  std::size_t next_ = 0;          ///< layer of the network
  std::vector<MappedProgram> segments_;
};

}  // namespace bitbalance::compiler
