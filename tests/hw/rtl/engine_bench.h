// What the tests of single units need around them.
#pragma once

#include <catch2/catch.hpp>

#include <cstdint>
#include <vector>

#include "hw/rtl/bench/bench.h"
#include "hw/rtl/bench/fixed_latency_memory.h"
#include "hw/rtl/bench/sink.h"
#include "hw/rtl/bench/source.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel/channel.h"
#include "hw/rtl/completion.h"
#include "tests/support/names.h"

namespace bitbalance::rtl::test {

using namespace bench;

/// Every path in one stage.
constexpr PipelineConfig kUncut{1, 1, 1, 1};

/// As the controller issues it.
inline IssuedCommand issued(const Command& command, const RegionMap& regions = {}) {
  return {command, regions};
}

/// Deterministic bytes that look random.
inline std::vector<std::uint8_t> noise(std::size_t size, std::uint32_t seed = 1) {
  std::vector<std::uint8_t> bytes(size);
  for (std::uint8_t& byte : bytes) {
    seed = seed * 1664525u + 1013904223u;
    byte = static_cast<std::uint8_t>(seed >> 24);
  }
  return bytes;
}

}  // namespace bitbalance::rtl::test
