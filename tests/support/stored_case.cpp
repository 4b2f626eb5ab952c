#include "tests/support/stored_case.h"

#include <random>

#include "testbench/golden/compare.h"
#include "testbench/golden/golden.h"
#include "tests/support/random/random_case.h"

namespace bitbalance::test {

stored::StoredProgram make_stored_case(std::uint64_t seed) {
  const RandomCase c = make_random_case(seed);
  const Program& program = c.mapped.program;
  stored::StoredProgram result;
  result.made_by = "a test";
  result.scenario = "\"quoted\" \\ scenario";
  result.network = c.network.name;
  result.accelerator = c.config;
  // Any memory that a scenario can have: numbers of up to nine digits.
  std::mt19937_64 random(seed);
  constexpr std::int64_t kMostParts = 10'000'000, kMostWhole = 64;
  result.latency_cycles = std::uniform_int_distribution<std::int64_t>(0, 1000)(random);
  result.bytes_per_cycle_denominator = std::uniform_int_distribution<std::int64_t>(1, kMostParts)(random);
  result.bytes_per_cycle_numerator =
      std::uniform_int_distribution<std::int64_t>(1, kMostWhole * result.bytes_per_cycle_denominator)(random);
  result.batch = result.images = program.batch;
  result.data_bytes = program.data_bytes;
  result.constants = program.constants;
  for (const TensorPlacement& place : program.tensors) {
    const QuantizedTensor& tensor = c.network.tensors[place.tensor];
    if (place.tensor == c.network.input) result.input = result.tensors.size();
    if (place.tensor == c.network.output) result.output = result.tensors.size();
    result.tensors.push_back({tensor.name, place.offset, place.image_pitch, tensor.shape, tensor.bits,
                              tensor.is_signed, tensor.scale});
  }
  result.host_layers = {{"softmax", "softmax"}};
  GoldenOptions options;
  if (c.config.allow_wrap) {
    options.wrap_bits_8 = c.config.accumulator_bits_8;
    options.wrap_bits_16 = c.config.accumulator_bits_16;
  }
  GoldenModel golden(c.network, options);
  const auto append = [&c](std::vector<std::uint8_t>& bytes, int tensor, const Plane& elements) {
    const std::vector<std::uint8_t> packed = pack(c.network.tensors[tensor], elements);
    bytes.insert(bytes.end(), packed.begin(), packed.end());
  };
  for (const std::vector<std::int32_t>& image : c.images) {
    append(result.inputs, c.network.input, image);
    append(result.expected, c.network.output, golden.run(image)[c.network.output]);
    result.labels.push_back(static_cast<int>(result.labels.size()));
  }
  return result;
}

}  // namespace bitbalance::test
