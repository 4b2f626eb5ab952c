// Random networks and accelerators for property tests: everything from a seed, every draw valid by
// construction.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "hw/core/config.h"
#include "hw/core/mapper.h"
#include "quant/quantized_network.h"

namespace bitbalance::test {

/// What a case may contain; the limits keep it small enough for clock-by-clock simulation.
struct CaseLimits {
  int max_layers = 4;
  int max_size = 15;      ///< height and width of the input
  int max_channels = 12;  ///< of any tensor
  int max_batch = 3;
};

struct RandomCase {
  QuantizedNetwork network;
  AcceleratorConfig config;
  MappedProgram mapped;
  std::vector<std::vector<std::int32_t>> images;  ///< one for each of the batch
};

/// Draws network, accelerator (4x4 to 64x16, tiny buffers too), batch and images; buffers grow until the
/// network fits.
RandomCase make_random_case(std::uint64_t seed, const CaseLimits& limits = {});

}  // namespace bitbalance::test
