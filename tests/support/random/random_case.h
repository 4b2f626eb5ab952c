// Random networks and accelerators for property tests: everything from a seed, every draw valid by
// construction.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/compiler/mapper.h"
#include "hw/isa/config.h"
#include "quant/ir/quantized_network.h"
#include "tests/support/names.h"
#include "tests/support/random/random_draw.h"

namespace bitbalance::test {

/// 4x4 to 64x16, tiny buffers too.
AcceleratorConfig random_accelerator(RandomDraw& draw);

/// Buffers hold a line of it at least.
void set_array(AcceleratorConfig& config, int rows, int columns);
/// Any shape up to 256 x 256: often the largest, flat, narrow or no power of two.
void draw_large_array(RandomDraw& draw, AcceleratorConfig& config);

/// What few accelerators have: a single row or column, narrow accumulators, PEs of one width, bursts of 256
/// bytes.
void draw_odd_settings(RandomDraw& draw, AcceleratorConfig& config);

/// The network's programs; buffers grow to the smallest that must suffice, and sums may wrap if need be.
std::vector<MappedProgram> fit_buffers(const QuantizedNetwork& network, AcceleratorConfig& config,
                                       const MapperOptions& options);

/// What a case may contain; the limits keep it small enough for clock-by-clock simulation.
struct CaseLimits {
  int max_layers = 4;
  int max_size = 15;      ///< height and width of the input
  int max_channels = 12;  ///< of any tensor
  int max_batch = 3;
  bool large_arrays = false;  ///< draw_large_array(), and convolutions with as many output channels
  bool odd_settings = false;  ///< draw_odd_settings(), and weights of any number of ones
};

struct RandomCase {
  QuantizedNetwork network;
  AcceleratorConfig config;
  MappedProgram mapped;
  std::vector<std::vector<std::int32_t>> images;  ///< one for each of the batch
};

/// Draws network, accelerator, batch and images.
RandomCase make_random_case(std::uint64_t seed, const CaseLimits& limits = {});

}  // namespace bitbalance::test
