// Single elements of the golden model against the whole, and which of them a sample takes.
#include "testbench/golden/golden_element.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "testbench/golden/golden.h"
#include "tests/support/random/random_case.h"

namespace bitbalance::test {
namespace {

std::vector<std::int64_t> places(std::int64_t elements, int seed) {
  std::seed_seq sequence{seed};
  return sample_places(elements, sequence);
}

TEST_CASE("every element is the whole model's, fused pooling included") {
  int fused = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const RandomCase c = make_random_case(seed);
    GoldenOptions options;
    if (c.config.allow_wrap) options = {c.config.accumulator_bits_8, c.config.accumulator_bits_16};
    GoldenModel golden(c.network, options);
    const std::vector<Plane>& tensors = golden.run(c.images.front());
    for (const ProgramLayer& layer : c.mapped.program.layers) {
      INFO("seed " << seed << ", layer " << layer.name);
      fused += layer.network_layers.size() > 1 ? 1 : 0;
      const Plane* operand = layer.operand >= 0 ? &tensors[layer.operand] : nullptr;
      const GoldenElement element(c.network, options, layer.network_layers, tensors[layer.input], operand);
      Plane found;
      for (std::size_t i = 0; i < tensors[layer.output].size(); ++i)
        found.push_back(element.at(static_cast<std::int64_t>(i)));
      CHECK(found == tensors[layer.output]);
    }
  }
  CHECK(fused > 0);
}

TEST_CASE("a sample takes all of a small tensor and at least 1 % of a large one, spread over it") {
  CHECK(rc::check([] {
    const auto elements = *rc::gen::inRange<std::int64_t>(1, 2'000'000);
    const auto sample = places(elements, *rc::gen::inRange(0, 1000));
    const auto count = static_cast<std::int64_t>(sample.size());
    RC_ASSERT(count * 100 >= elements);
    RC_ASSERT(count == std::min<std::int64_t>(elements, 4096) || (count - 1) * 100 < elements);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t place = sample[i];
      RC_ASSERT(place >= elements * i / count && place < elements * (i + 1) / count);
    }
  }));
}

TEST_CASE("a sample is the same for the same seed only") {
  CHECK(places(100'000, 1) == places(100'000, 1));
  CHECK(places(100'000, 1) != places(100'000, 2));
}

}  // namespace
}  // namespace bitbalance::test
