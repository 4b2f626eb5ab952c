// What a quantized network will cost on an accelerator, layer by layer, without simulating: cycles from the
// analytic timeline, energy from its events.
#pragma once

#include <vector>

#include "quant/ir/quantized_network.h"
#include "testbench/run/names.h"
#include "testbench/scenario/scenario.h"

namespace bitbalance::runner {

/// Of one frame, indexed like QuantizedNetwork::layers; what is fused into a layer counts with it, and a
/// layer on the host costs nothing.
struct Prediction {
  std::vector<double> cycles;
  std::vector<double> energy_j;  ///< core and DRAM; empty without a technology

  double total_cycles() const;
};

/// For the scenario's accelerator (with the network's token form), memory, batch and mapping. Throws
/// std::invalid_argument when the accelerator cannot execute the network, or the DRAM is too small for it.
Prediction predict(const QuantizedNetwork& network, const Scenario& scenario);

/// Bytes of a convolution's weights without the padding of rows.
double stored_bytes(const QuantizedLayer& layer, WeightStorage storage);

}  // namespace bitbalance::runner
