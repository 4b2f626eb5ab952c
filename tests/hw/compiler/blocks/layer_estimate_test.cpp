// What a layer asks of the machine at least, held against every block that it can be cut into.
#include "hw/compiler/blocks/layer_estimate.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "hw/compiler/accelerator_layer.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::compiler;
using namespace bitbalance::test;

namespace {

std::vector<int> multiples(int unit, int most) {
  std::vector<int> sizes;
  for (int size = unit; size <= most; size += unit) sizes.push_back(size);
  return sizes;
}

/// Every cut of rows and columns, whatever the buffers hold; the rest of the block is the whole layer.
std::vector<LayerMapping> spatial_cuts(const Convolution& c) {
  std::vector<int> widths = multiples(c.pool_w, c.columns_to_cut());
  if (widths.back() != c.out_columns) widths.push_back(c.out_columns);
  std::vector<LayerMapping> cuts;
  for (const int rows : multiples(c.pool_h, c.out_rows)) {
    for (const int columns : widths) {
      const bool whole = rows == c.out_rows && columns == c.out_columns;
      cuts.push_back({"", whole ? c.batch : 1, rows, columns, c.groups, c.out_channels, c.in_channels,
                      LoopOrder::kWeightsOuter});
    }
  }
  return cuts;
}

/// Another window, which may lie in the padding altogether or leave inputs out on every side.
void draw_window(QuantizedNetwork& network, QuantizedLayer& layer, RandomDraw& draw) {
  const Shape& in = network.tensors[layer.input].shape;
  Shape& out = network.tensors[layer.output].shape;
  Window& w = layer.window;
  do {
    w.kernel_h = draw.uniform(1, 3);
    w.kernel_w = draw.uniform(1, 3);
    w.stride_h = draw.uniform(1, 5);
    w.stride_w = draw.uniform(1, 5);
    w.pad_top = draw.uniform(0, 6);
    w.pad_bottom = draw.uniform(0, 6);
    w.pad_left = draw.uniform(0, 6);
    w.pad_right = draw.uniform(0, 6);
  } while (in.height + w.pad_top + w.pad_bottom < w.span_h() ||
           in.width + w.pad_left + w.pad_right < w.span_w());
  out = w.output_shape(in, out.channels);
}

}  // namespace

TEST_CASE("no cut of a layer asks for less than the bound, however inputs lie that no window reaches") {
  CaseLimits limits;
  limits.max_layers = 1;
  int layers_drawn = 0, apart = 0, tight = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    RandomCase random = make_random_case(seed, limits);
    QuantizedLayer& layer = random.network.layers.front();
    if (layer.op != LayerOp::kConv) continue;
    RandomDraw draw(seed);
    draw_window(random.network, layer, draw);
    QuantizedLayer pool;
    pool.op = LayerOp::kMaxPool;
    const Shape& out = random.network.tensors[layer.output].shape;
    pool.window.kernel_h = draw.uniform(1, std::min(3, out.height));
    pool.window.kernel_w = draw.uniform(1, std::min(3, out.width));
    pool.output = layer.output;
    AcceleratorLayer layers;
    layers.layer = &layer;
    if (draw.chance(0.4)) layers.pool = &pool;
    const Convolution c = describe(random.network, layers, random.config, random.mapped.program.batch);
    const Window& w = layer.window;
    ++layers_drawn;
    apart += w.stride_h > w.span_h() || w.stride_w > w.span_w() ? 1 : 0;
    CAPTURE(seed, w.stride_h, w.stride_w, w.kernel_h, w.kernel_w, w.pad_top, w.pad_left, c.in_rows,
            c.in_columns, c.pool_h, c.pool_w);
    constexpr std::int64_t kSlotsOfATile = 10;
    const LayerDemand least = least_demand_of(c).with(kSlotsOfATile, random.config);
    bool is_met = false;
    for (const LayerMapping& m : spatial_cuts(c)) {
      const LayerDemand demand = demand_of(c, m).with(kSlotsOfATile, random.config);
      CAPTURE(m.rows, m.columns);
      REQUIRE(least.compute_cycles <= demand.compute_cycles);
      REQUIRE(least.read_bytes <= demand.read_bytes);
      REQUIRE(least.write_bytes <= demand.write_bytes);
      REQUIRE(least.loads <= demand.loads);
      REQUIRE(least.stores <= demand.stores);
      is_met |= least.read_bytes == demand.read_bytes;
    }
    tight += is_met ? 1 : 0;
  }
  CHECK(apart > 100);
  CHECK(tight > layers_drawn / 2);
}
