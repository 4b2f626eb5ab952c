// What accelerators are compared on: a network before and after the limit on its weights' bits, our
// programs for both, and activations for the one whose cycles depend on them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/isa/account/profile.h"
#include "quant/ir/quantized_network.h"
#include "testbench/explore/names.h"
#include "testbench/scenario/scenario.h"

namespace bitbalance::explore {

enum class WeightSet {
  kFull,     ///< rounded to weight_bits, any number of ones
  kLimited,  ///< the scenario's: at most nnzb tokens
};
inline constexpr std::size_t kWeightSets = 2;
const char* to_string(WeightSet set);

struct Subject {
  Scenario scenario;
  int frames = 1;  ///< one batch
  std::array<QuantizedNetwork, kWeightSets> network;
  /// [image][tensor], planar integers: the float network's activations, rounded. Of the batch, 32 images at
  /// most.
  std::vector<std::vector<std::vector<std::int32_t>>> activations;

  const QuantizedNetwork& with(WeightSet set) const { return network[enum_index(set)]; }
  bool synthetic_weights() const { return !scenario.network.builtin.empty(); }
};

/// Throws std::invalid_argument as prepare_workload() does.
Subject prepare_subject(const Scenario& scenario);

/// A layer of our program and its accounts, as the `analytic` level has them.
struct OurLayer {
  std::string name;
  const QuantizedLayer* convolution = nullptr;  ///< nullptr: pooling, addition
  int input = -1;                               ///< tensor
  Width width = Width::k8;                      ///< of the activations
  LayerProfile profile;
};

struct OurRun {
  std::int64_t cycles = 0;  ///< from start to done of all programs
  std::vector<OurLayer> layers;
};

/// One batch on our accelerator, its weights stored as `storage`, mapped for the scenario's objective or
/// another. Throws std::invalid_argument when it cannot execute the network.
OurRun run_ours(const Subject& subject, WeightSet set, WeightStorage storage,
                std::optional<MappingObjective> objective = std::nullopt);

}  // namespace bitbalance::explore
