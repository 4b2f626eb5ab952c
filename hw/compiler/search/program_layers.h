// What the search for a program asks of the program's layers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "hw/compiler/blocks/layer_estimate.h"
#include "hw/compiler/lowering/program_builder.h"
#include "hw/compiler/mapper.h"
#include "hw/compiler/search/program_outline.h"
#include "hw/isa/config.h"

namespace bitbalance::compiler {

/// A block for every convolution of a program, in their order.
using Plan = std::vector<LayerMapping>;

/// The same by numbers: one for each shape of a convolution.
using Proposal = std::vector<std::uint32_t>;

/// The layers of one program, for whichever sizes of buffers. Only those sizes differ between the
/// configurations that it is asked about.
class ProgramLayers {
 public:
  virtual ~ProgramLayers() = default;
  /// For each rate of the memory that plans are made for a plan; empty when a layer does not fit.
  virtual std::vector<Proposal> propose(const AcceleratorConfig& config) = 0;
  /// No two proposals are the same plan.
  virtual Plan plan_of(const Proposal& proposal) = 0;
  /// All blocks of one convolution.
  virtual std::vector<LayerMapping> alternatives(const AcceleratorConfig& config,
                                                 std::size_t convolution) = 0;
  /// Blocks of many sizes of one convolution, whatever the buffers hold; with rows of the full width, or of
  /// all others.
  virtual std::vector<LayerMapping> many(const AcceleratorConfig& config, std::size_t convolution,
                                         bool full_width) = 0;
  /// Whether the buffers have room for every block of a plan.
  virtual bool has_room(const AcceleratorConfig& config, const Plan& plan) = 0;
  /// Whether any of them has fewer than all input channels.
  virtual bool cuts_channels(const Plan& plan) = 0;
  virtual LayerDemand demand(const AcceleratorConfig& config, const Plan& plan) = 0;
  /// Replaces `outline` by the plan's, which refers to these layers.
  virtual void outline(const AcceleratorConfig& config, const Plan& plan, ProgramOutline& outline) = 0;
  /// Of any plan at least.
  virtual LayerDemand least_demand(const AcceleratorConfig& config) = 0;
  /// Whether each layer has a block of the full width and all its input channels that fits.
  virtual bool fits_in_full_width(const AcceleratorConfig& config) = 0;
  /// Of any plan whose blocks fit, at least; nothing where that is not known.
  virtual std::optional<LayerDemand> least_demand_in(const AcceleratorConfig& config) = 0;
  /// Nothing if `watcher`, which may be nullptr, does not want all of it. With Regions::kMayWrap no program
  /// to run: with the same blocks none takes fewer cycles, on this machine or on one with smaller buffers, if
  /// it cuts its channels and the layers of the vector unit in the same way.
  virtual std::optional<MappedProgram> lower(const AcceleratorConfig& config, const Plan& plan,
                                             Regions regions, BuildWatcher* watcher) = 0;
  /// Shows `look` the commands of one layer alone, with Regions::kMayWrap. `block`: of a convolution, else
  /// nullptr.
  virtual void lower_alone(const AcceleratorConfig& config, std::size_t layer, const LayerMapping* block,
                           const std::function<void(const ProgramBuilder&)>& look) = 0;
};

}  // namespace bitbalance::compiler
