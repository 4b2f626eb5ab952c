// The analytic level says what the clocked level does: cycles, what every engine did in them, and events, of
// every layer of random programs on random accelerators and memories.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "hw/timeline/timeline.h"
#include "quant/method/quantizer.h"
#include "quant/onnx/import.h"
#include "tests/hw/rtl/program_bench.h"
#include "tests/support/child.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl::test;

namespace {

std::string first_difference(const LayerProfile& analytic, const LayerProfile& rtl) {
  if (analytic.cycles != rtl.cycles) return fmt::format("{} cycles, rtl has {}", analytic.cycles, rtl.cycles);
  for (std::size_t e = 0; e < kEngines; ++e) {
    for (std::size_t a = 0; a < kActivities; ++a) {
      if (analytic.activity[e][a] != rtl.activity[e][a]) {
        return fmt::format("{} {}: {} cycles, rtl has {}", to_string(static_cast<Engine>(e)),
                           to_string(static_cast<Activity>(a)), analytic.activity[e][a], rtl.activity[e][a]);
      }
    }
  }
  for (int e = 0; e < kEvents; ++e) {
    const auto event = static_cast<Event>(e);
    if (analytic.events[event] != rtl.events[event]) {
      return fmt::format("{}: {}, rtl has {}", to_string(event), analytic.events[event], rtl.events[event]);
    }
  }
  return "";
}

// Empty if all accounts are equal.
std::string first_difference(const Analysis& analytic, const BenchResult& rtl) {
  if (rtl.fault != ProgramFault::kNone) {
    return fmt::format("rtl: {} at command {}", to_string(rtl.fault), rtl.fault_command);
  }
  const auto& layers = rtl.profile.layers();
  if (analytic.profile.layers().size() != layers.size()) return "other layers";
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::string difference = first_difference(analytic.profile.layers()[l], layers[l]);
    if (!difference.empty()) return fmt::format("layer {}: {}", l, difference);
  }
  return analytic.cycles == rtl.cycles ? ""
                                       : fmt::format("{} cycles, rtl has {}", analytic.cycles, rtl.cycles);
}

IdealMemoryTiming timing(const BenchOptions& options) {
  return {options.latency_cycles, options.bytes_per_cycle_numerator, options.bytes_per_cycle_denominator};
}

std::string compare_levels(const QuantizedNetwork& network, const Program& program,
                           const AcceleratorConfig& config, const std::vector<std::uint8_t>& data,
                           const BenchOptions& options) {
  WeightStatistics weights(network);
  const Analysis analytic = analyze(program, config, timing(options), weights);
  return first_difference(analytic, run_program(program, config, data, options));
}

std::string compare_levels(const RandomCase& c, const BenchOptions& options) {
  return compare_levels(c.network, c.mapped.program, c.config,
                        place_images(c.mapped.program, c.network, c.images, 0xa5), options);
}

/// Programs `make(seed)` of `count` seeds from `first` on, each in a process of its own.
template <class Make>
void check_seeds(std::uint64_t first, std::uint64_t count, const Make& compare) {
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    CAPTURE(seed);
    const std::string difference = in_child([&] { return compare(seed); });
    REQUIRE(difference == "");
  }
}

/// Latency, rate and outstanding requests from the seed.
BenchOptions draw_memory(std::uint64_t seed, AcceleratorConfig& config) {
  std::mt19937_64 random(seed);
  const auto pick = [&random](auto... values) {
    const std::array values_of{values...};
    return values_of[random() % values_of.size()];
  };
  BenchOptions options;
  options.latency_cycles = pick(0u, 1u, 5u, 20u, 50u, 123u, 300u);
  using Rate = std::pair<std::uint32_t, std::uint32_t>;
  std::tie(options.bytes_per_cycle_numerator, options.bytes_per_cycle_denominator) =
      pick(Rate{64, 5}, Rate{512, 1}, Rate{37, 29}, Rate{1, 1}, Rate{7, 3}, Rate{1000, 999});
  options.watchdog_cycles = 2'000'000;
  config.dram.max_outstanding = pick(1, 2, 3, 5, 16, 64);
  config.dram.use_nb_transport = random() % 8 != 0;
  return options;
}

bool has_single_step_tiles(const Program& program) {
  return std::any_of(program.commands.begin(), program.commands.end(), [](const Command& command) {
    const auto* compute = std::get_if<Compute>(&command.body);
    return compute != nullptr && compute->steps() == 1;
  });
}

}  // namespace

TEST_CASE("analytic accounts equal the clocked ones with the default memory") {
  check_seeds(10'000, 300, [](std::uint64_t seed) { return compare_levels(make_random_case(seed), {}); });
}

TEST_CASE("analytic accounts equal the clocked ones with random memories") {
  check_seeds(20'000, 300, [](std::uint64_t seed) {
    RandomCase c = make_random_case(seed);
    const BenchOptions options = draw_memory(seed, c.config);
    return compare_levels(c, options);
  });
}

TEST_CASE("analytic accounts equal the clocked ones for larger layers and batches") {
  CaseLimits limits;
  limits.max_layers = 6;
  limits.max_size = 25;
  limits.max_channels = 40;
  limits.max_batch = 4;
  check_seeds(30'000, 60, [&](std::uint64_t seed) {
    RandomCase c = make_random_case(seed, limits);
    const BenchOptions options = draw_memory(seed, c.config);
    return compare_levels(c, options);
  });
}

TEST_CASE("analytic accounts equal the clocked ones on arrays up to 256 x 256") {
  CaseLimits limits;
  limits.max_size = 25;
  limits.large_arrays = true;
  check_seeds(50'000, 60, [&](std::uint64_t seed) {
    RandomCase c = make_random_case(seed, limits);
    const BenchOptions options = draw_memory(seed, c.config);
    return compare_levels(c, options);
  });
}

TEST_CASE("analytic accounts equal the clocked ones on accelerators of odd settings") {
  CaseLimits limits;
  limits.odd_settings = true;
  check_seeds(60'000, 30, [&](std::uint64_t seed) {
    RandomCase c = make_random_case(seed, limits);
    const BenchOptions options = draw_memory(seed, c.config);
    return compare_levels(c, options);
  });
}

TEST_CASE("analytic accounts equal the clocked ones for tiles of a single step") {
  CaseLimits limits;
  limits.max_channels = 2;
  int compared = 0;
  for (std::uint64_t seed = 40'000; compared < 40; ++seed) {
    const RandomCase c = make_random_case(seed, limits);
    if (!has_single_step_tiles(c.mapped.program)) continue;
    ++compared;
    CAPTURE(seed);
    const std::string difference = in_child([&] { return compare_levels(c, {}); });
    REQUIRE(difference == "");
  }
}

TEST_CASE("analytic accounts equal the clocked ones for a trained network on the default accelerator") {
  const Network network = import_onnx(BITBALANCE_SOURCE_DIR "/scenarios/networks/fashion.onnx");
  Calibration calibration;  // time does not depend on scales
  for (const Tensor& tensor : network.tensors) calibration.ranges[tensor.name] = {-1.0F, 1.0F};
  const QuantizedNetwork quantized = quantize(network, calibration);
  for (const SynchronizationRule& rule : synchronization_rules()) {
    AcceleratorConfig config;
    config.synchronization = rule.synchronization;
    MapperOptions options;
    options.batch = 2;
    const Program program = build_program(quantized, config, options).program;
    const std::string difference = in_child([&] {
      return compare_levels(quantized, program, config, std::vector<std::uint8_t>(program.data_bytes, 7), {});
    });
    CHECK(difference == "");
  }
}

TEST_CASE("the random programs that are compared show every activity") {
  ActivityCycles seen{};
  for (std::uint64_t seed = 20'000; seed < 20'300; ++seed) {
    RandomCase c = make_random_case(seed);
    const BenchOptions options = draw_memory(seed, c.config);
    WeightStatistics weights(c.network);
    const Analysis analysis = analyze(c.mapped.program, c.config, timing(options), weights);
    for (const LayerProfile& layer : analysis.profile.layers()) {
      for (const ActivityCycles& engine : layer.activity) {
        for (std::size_t a = 0; a < kActivities; ++a) seen[a] += engine[a];
      }
    }
  }
  for (int a = 0; a < kActivities; ++a) {
    INFO(to_string(static_cast<Activity>(a)));
    CHECK(seen[a] > 0);
  }
}
