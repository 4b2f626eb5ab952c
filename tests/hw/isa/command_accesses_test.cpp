// What commands read and write, against sets of bytes; and that no bytes of a record do harm.
#include "hw/isa/program/command_accesses.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "hw/isa/command/command_check.h"
#include "hw/isa/program/program_check.h"
#include "tests/support/damaged_program.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

std::multiset<std::uint64_t> bytes_of(const ByteGrid& g) {
  std::multiset<std::uint64_t> bytes;
  for (std::uint64_t n = 0; n < g.images; ++n) {
    for (std::uint64_t c = 0; c < g.channels; ++c) {
      for (std::uint64_t i = 0; i < g.bytes; ++i)
        bytes.insert(g.begin + n * g.image_pitch + c * g.channel_pitch + i);
    }
  }
  return bytes;
}

ByteGrid draw(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  return {below(60), 1 + below(6), 1 + below(5), below(14), 1 + below(5), below(40)};
}

}  // namespace

TEST_CASE("grids share a byte when the sets of their bytes do") {
  std::mt19937_64 random(1);
  int apart = 0;
  for (int i = 0; i < 20'000; ++i) {
    const ByteGrid a = draw(random), b = draw(random);
    const std::multiset<std::uint64_t> of_a = bytes_of(a), of_b = bytes_of(b);
    const bool expected =
        std::any_of(of_a.begin(), of_a.end(), [&](std::uint64_t byte) { return of_b.count(byte) > 0; });
    const auto byte = common_byte(a, b);
    REQUIRE(byte.has_value() == expected);
    apart += expected ? 0 : 1;
    if (byte) REQUIRE((of_a.count(*byte) > 0 && of_b.count(*byte) > 0));
  }
  CHECK(apart > 1000);
}

TEST_CASE("a grid repeats a byte when two of its pieces hold it") {
  std::mt19937_64 random(2);
  int distinct = 0;
  for (int i = 0; i < 20'000; ++i) {
    const ByteGrid grid = draw(random);
    const std::multiset<std::uint64_t> bytes = bytes_of(grid);
    const bool expected = std::set<std::uint64_t>(bytes.begin(), bytes.end()).size() != bytes.size();
    const auto byte = repeated_byte(grid);
    REQUIRE(byte.has_value() == expected);
    distinct += expected ? 0 : 1;
    if (byte) REQUIRE(bytes.count(*byte) > 1);
  }
  CHECK(distinct > 1000);
}

TEST_CASE("no bytes of commands do harm to those who decode and check them") {
  int performed = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    RandomCase c = make_random_case(seed);
    const Program whole = c.mapped.program;
    std::mt19937_64 random(seed);
    for (int i = 0; i < 20; ++i) {
      c.mapped.program = whole;
      damage(c.mapped.program, c.config, random);
      performed += synchronization_flaw(c.mapped.program, c.config).empty() ? 1 : 0;
    }
  }
  CHECK(performed > 100);
}

TEST_CASE("records of random bytes are in range only where buffers hold all that they name") {
  AcceleratorConfig config;
  RegionMap regions;
  regions.bytes[0] = regions.bytes[1] = 1 << 20;
  std::mt19937_64 random(3);
  constexpr Opcode kOpcodes[] = {Opcode::kLoadWeights, Opcode::kLoadParameters, Opcode::kLoadActivations,
                                 Opcode::kLoadOutputs, Opcode::kCompute,        Opcode::kPool,
                                 Opcode::kAdd,         Opcode::kLoadTable,      Opcode::kLookup,
                                 Opcode::kStore};
  const auto capacity = [&](Storage storage) {
    switch (storage) {
      case Storage::kWeights:
        return config.weight_bank_bytes;
      case Storage::kParameters:
        return config.parameter_buffer_bytes;
      case Storage::kTables:
        return 2 * 514;
      case Storage::kActivations:
        return config.activation_buffer_bytes;
      case Storage::kOutputs:
        return config.output_buffer_bytes;
      case Storage::kData:
        return 1 << 20;
    }
    return 0;
  };
  int performed = 0;
  for (int i = 0; i < 200'000; ++i) {
    CommandBytes record{};
    record[0] = static_cast<std::uint8_t>(kOpcodes[random() % std::size(kOpcodes)]);
    // Mostly zeros and small numbers, else nothing is ever in range.
    for (std::size_t at = 8; at < 60; ++at) {
      const std::uint64_t kind = random() % 8;
      record[at] = static_cast<std::uint8_t>(kind == 0 ? random() : kind < 6 ? random() % 3 : 0);
    }
    const Command command = decode(sealed(record, 0), 0).command;
    if (check(command, config, regions) != ProgramFault::kNone) continue;
    ++performed;
    for (const Access& access : accesses_of(command, config))
      REQUIRE(access.bytes.end() <= static_cast<std::uint64_t>(capacity(access.storage)));
  }
  CHECK(performed > 500);
}
