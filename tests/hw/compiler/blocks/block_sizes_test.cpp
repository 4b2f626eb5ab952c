// How far input channels are cut, held against trying one number of parts after the other.
#include "hw/compiler/blocks/block_sizes.h"

#include <catch2/catch.hpp>
#include <vector>

#include "base/bits.h"
#include "hw/compiler/accelerator_layer.h"
#include "hw/compiler/blocks/layer_estimate.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::compiler;
using namespace bitbalance::test;

namespace {

/// Channels of a chunk: all, the most that fit, the most whose weights fit twice.
std::vector<int> by_trial(const Convolution& c, LayerMapping block) {
  std::vector<int> channels = {c.in_channels};
  for (const int weights : {1, 2}) {
    for (int parts = 1; parts <= c.in_channels; ++parts) {
      block.channels = ceil_div(c.in_channels, parts);
      const BlockNeeds needs = block_needs(c, block);
      if (fits(c, needs) && weights * needs.weight_bank_bytes <= c.config->weight_bank_bytes) break;
    }
    if (channels.back() != block.channels) channels.push_back(block.channels);
  }
  return channels;
}

}  // namespace

TEST_CASE("input channels are cut no further than buffers of any size ask for") {
  CaseLimits limits;
  limits.max_layers = 1;
  int cut = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    RandomCase random = make_random_case(seed, limits);
    QuantizedLayer& layer = random.network.layers.front();
    if (layer.op != LayerOp::kConv) continue;
    RandomDraw draw(seed);
    AcceleratorConfig small = random.config;
    small.weight_bank_bytes = draw.uniform(1, small.weight_bank_bytes);
    small.activation_buffer_bytes = draw.uniform(1, small.activation_buffer_bytes);
    AcceleratorLayer layers;
    layers.layer = &layer;
    const Convolution c = describe(random.network, layers, small, random.mapped.program.batch);
    const LayerMapping user;
    const BlockSizes sizes(c, user, Extent::kEvenParts);
    CAPTURE(seed, small.weight_bank_bytes, small.activation_buffer_bytes, c.in_channels);
    sizes.for_blocks(sizes.full_width(), [&](LayerMapping block, const SpatialCut&) {
      block.channels = 1;
      if (!is_one_tile(c, block) || !fits(c, block_needs(c, block))) return;
      const std::vector<int> channels = sizes.fewest_chunks(c, block);
      REQUIRE(channels == by_trial(c, block));
      cut += channels.size() > 1 ? 1 : 0;
    });
  }
  CHECK(cut > 100);
}
