// The layers of one program: their candidates for blocks, what they ask of the machine, and how they are
// lowered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "hw/compiler/accelerator_layer.h"
#include "hw/compiler/blocks/block_proposals.h"
#include "hw/compiler/program_builder.h"
#include "hw/compiler/program_search.h"

namespace bitbalance::compiler {

class Segment : public ProgramLayers {
 public:
  /// `before`: the program before, or nullptr.
  Segment(const QuantizedNetwork& network, const MapperOptions& options, WeightStatistics& weights,
          const Program* before)
      : network_(network), options_(options), weights_(weights), before_(before) {}

  void add(const AcceleratorLayer& layer) { layers_.push_back(layer); }
  void add_host_layer(std::size_t number) { host_layers_.push_back(number); }
  bool empty() const { return layers_.empty(); }

  std::vector<Plan> propose(const AcceleratorConfig& config, const std::vector<double>& rates) override;
  std::vector<LayerMapping> alternatives(const AcceleratorConfig& config, std::size_t convolution) override {
    const AcceleratorLayer& layer = convolution_number(convolution);
    return all_mappings(describe(layer, config), user_mapping(layer));
  }

  LayerDemand demand(const AcceleratorConfig& config, const Plan& plan) override;
  LayerDemand least_demand(const AcceleratorConfig& config) override;
  MappedProgram lower(const AcceleratorConfig& config, const Plan& plan) override;

  /// Says why propose() has nothing.
  [[noreturn]] void refuse(const AcceleratorConfig& config);

 private:
  static bool is_convolution(const AcceleratorLayer& l) { return l.layer->op == LayerOp::kConv; }
  const AcceleratorLayer& convolution_number(std::size_t number) const;
  Convolution describe(const AcceleratorLayer& l, const AcceleratorConfig& config) const {
    return compiler::describe(network_, l, config, options_.batch);
  }
  LayerMapping user_mapping(const AcceleratorLayer& l) const;

  /// Slots that the array cannot do without: those of the busiest row of each step.
  std::int64_t slots_of_a_tile(const AcceleratorLayer& l, const AcceleratorConfig& config);

  ProgramLayer describe_layer(std::size_t number) const;

  /// `mapping`: of a convolution.
  void lower_layer(ProgramBuilder& builder, const AcceleratorLayer& l, const LayerMapping* mapping,
                   const AcceleratorConfig& config) const;

  const QuantizedNetwork& network_;
  const MapperOptions& options_;
  WeightStatistics& weights_;
  const Program* before_;
  std::vector<AcceleratorLayer> layers_;
  std::vector<std::size_t> host_layers_;
  std::map<std::size_t, std::int64_t> slots_;  ///< by number of the layer
};

}  // namespace bitbalance::compiler
