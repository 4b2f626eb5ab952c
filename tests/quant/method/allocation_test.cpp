// Choosing settings under a budget, against trying all of them; and what the choice rests on.
#include "quant/method/allocation.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <limits>

#include "quant/eval/evaluator.h"
#include "quant/ir/network_zoo.h"
#include "quant/method/sensitivity.h"
#include "tests/quant/ir/network_builder.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

using Layers = std::vector<std::vector<LayerChoice>>;

/// Least loss of all combinations within the budget.
double least_loss(const Layers& layers, double budget, std::size_t layer = 0) {
  if (budget < 0) return std::numeric_limits<double>::infinity();
  if (layer == layers.size()) return 0;
  double least = std::numeric_limits<double>::infinity();
  for (const LayerChoice& choice : layers[layer])
    least = std::min(least, choice.loss + least_loss(layers, budget - choice.cost, layer + 1));
  return least;
}

}  // namespace

TEST_CASE("the allocation keeps the budget and is as good as trying everything") {
  const bool held = rc::check("random layers", [] {
    const int count = *rc::gen::inRange(1, 5);
    Layers layers;
    int cheapest = 0;
    for (int l = 0; l < count; ++l) {
      int least = std::numeric_limits<int>::max();
      layers.emplace_back();
      for (int c = *rc::gen::inRange(1, 5); c > 0; --c) {
        const int cost = *rc::gen::inRange(0, 50);
        least = std::min(least, cost);
        layers.back().push_back(
            {8, c, static_cast<double>(*rc::gen::inRange(0, 100)), static_cast<double>(cost)});
      }
      cheapest += least;
    }
    const double budget = cheapest + *rc::gen::inRange(0, 60);
    const std::vector<std::size_t> chosen = allocate(layers, budget);
    double cost = 0;
    double loss = 0;
    for (int l = 0; l < count; ++l) {
      cost += layers[l].at(chosen[l]).cost;
      loss += layers[l][chosen[l]].loss;
    }
    RC_ASSERT(cost <= budget);
    // Costs round up to 1/8192 of what is above the cheapest: a budget smaller by that for each layer bounds
    // it.
    RC_ASSERT(loss >= least_loss(layers, budget));
    RC_ASSERT(loss <= least_loss(layers, budget - count * 60.0 / 8192));
  });
  CHECK(held);
}

TEST_CASE("a budget below the cheapest choices is refused with what is possible") {
  CHECK_THROWS_WITH(allocate({{{8, 1, 0, 30}, {8, 2, 0, 40}}, {{8, 1, 0, 5}}}, 34.5),
                    "quantization: budget = 34.5: accepted: at least 35, the cheapest choice of every layer");
}

TEST_CASE("output noise is that of changing one layer alone") {
  NetworkBuilder b({2, 4, 4});
  const int first =
      b.relu("act", b.conv("first", 0, 3, square_window(3, 1, 1), random_values(54, 1), {0, 0, 0}));
  const Network network = b.build(b.conv("second", first, 2, square_window(4), random_values(96, 2), {0, 0}));
  Network changed = network;
  for (float& weight : changed.nodes.back().weights) weight *= 1.5F;
  const auto image = synthetic_image({2, 4, 4}, 1);
  const auto noise = output_noise(network, changed, {image}, 1);
  REQUIRE(noise.size() == 2);
  CHECK(noise[0] == 0);
  CHECK(noise[1] == Approx(0.25));  // half of every output more
  CHECK(output_noise(network, changed, {image, image, image}, 3) ==
        output_noise(network, changed, {image, image, image}, 1));
}
