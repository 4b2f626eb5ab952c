// The layers of one program: their candidates for blocks, what they ask of the machine, and how they are
// lowered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "hw/compiler/accelerator_layer.h"
#include "hw/compiler/block_tables.h"
#include "hw/compiler/blocks/block_proposals.h"
#include "hw/compiler/blocks/block_table.h"
#include "hw/compiler/lowering/program_builder.h"
#include "hw/compiler/search/program_search.h"

namespace bitbalance::compiler {

class Segment : public ProgramLayers {
 public:
  /// Keeps references. `before`: the program before, or nullptr.
  Segment(const QuantizedNetwork& network, const MapperOptions& options, WeightStatistics& weights,
          BlockTables& tables, const Program* before)
      : network_(network), options_(options), weights_(weights), tables_(tables), before_(before) {}

  void add(const AcceleratorLayer& layer) {
    if (is_convolution(layer)) convolutions_.push_back(layers_.size());
    layers_.push_back(layer);
    producers_.push_back(producers_of(layers_.size() - 1));
  }
  void add_host_layer(std::size_t number) { host_layers_.push_back(number); }
  bool empty() const { return layers_.empty(); }

  std::vector<Proposal> propose(const AcceleratorConfig& config) override;
  Plan plan_of(const Proposal& proposal) override;
  std::vector<LayerMapping> alternatives(const AcceleratorConfig& config, std::size_t convolution) override {
    const AcceleratorLayer& layer = convolution_number(convolution);
    return all_mappings(describe(layer, config), user_mapping(layer));
  }

  std::vector<LayerMapping> many(const AcceleratorConfig& config, std::size_t convolution,
                                 bool full_width) override;
  bool has_room(const AcceleratorConfig& config, const Plan& plan) override;
  bool cuts_channels(const Plan& plan) override;
  LayerDemand demand(const AcceleratorConfig& config, const Plan& plan) override;
  void outline(const AcceleratorConfig& config, const Plan& plan, ProgramOutline& outline) override;
  LayerDemand least_demand(const AcceleratorConfig& config) override;
  bool fits_in_full_width(const AcceleratorConfig& config) override;
  std::optional<LayerDemand> least_demand_in(const AcceleratorConfig& config) override;
  std::optional<MappedProgram> lower(const AcceleratorConfig& config, const Plan& plan, Regions regions,
                                     BuildWatcher* watcher) override;
  void lower_alone(const AcceleratorConfig& config, std::size_t layer, const LayerMapping* block,
                   const std::function<void(const ProgramBuilder&)>& look) override;

  /// Says why propose() has nothing.
  [[noreturn]] void refuse(const AcceleratorConfig& config);

 private:
  static bool is_convolution(const AcceleratorLayer& l) { return l.layer->op == LayerOp::kConv; }
  const AcceleratorLayer& convolution_number(std::size_t number) const {
    return layers_[convolutions_[number]];
  }
  Convolution describe(const AcceleratorLayer& l, const AcceleratorConfig& config) const {
    return compiler::describe(network_, l, config, options_.batch);
  }
  LayerMapping user_mapping(const AcceleratorLayer& l) const;
  BlockTable& table_of(std::size_t convolution) {
    find_shapes();
    return *shapes_[shape_of_[convolution]];
  }
  void find_shapes();

  /// Slots that the array cannot do without: those of the busiest row of each step.
  std::int64_t slots_of_a_tile(const AcceleratorLayer& l, const AcceleratorConfig& config);

  /// Those before it that write what it reads, as far as the tensors say so by themselves.
  std::vector<std::size_t> producers_of(std::size_t layer) const;
  LayerOutline vector_outline(const QuantizedLayer& layer) const;

  ProgramLayer describe_layer(std::size_t number) const;

  /// `mapping`: of a convolution.
  void lower_layer(ProgramBuilder& builder, const AcceleratorLayer& l, const LayerMapping* mapping,
                   const AcceleratorConfig& config) const;

  const QuantizedNetwork& network_;
  const MapperOptions& options_;
  WeightStatistics& weights_;
  BlockTables& tables_;
  const Program* before_;
  std::vector<AcceleratorLayer> layers_;
  Producers producers_;
  std::vector<std::size_t> convolutions_;  ///< in layers_
  std::vector<std::size_t> shape_of_;      ///< by convolution, in shapes_; empty: none has been asked about
  std::vector<BlockTable*> shapes_;
  std::vector<std::size_t> host_layers_;
  std::map<std::size_t, std::int64_t> slots_;  ///< by number of the layer
};

}  // namespace bitbalance::compiler
