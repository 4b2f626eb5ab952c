// The search by energy, energy x cycles and traffic.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/compiler/mapper.h"
#include "hw/isa/account/dram_kinds.h"
#include "hw/timeline/timeline.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::compiler;
using namespace bitbalance::test;
using namespace bitbalance::timeline;

namespace {

using Figures = std::array<double, 4>;  // in the order of the objectives

/// Joules that neither cycles nor all bytes follow.
double joules_of(const LayerProfile& layer) {
  return 100 + static_cast<double>(layer.events[Event::kDramReadActivation]);
}

/// Of the programs that the search takes for an objective.
Figures figures(const Mapper& mapper, const RandomCase& c, MappingObjective objective, MappingEffort effort) {
  MapperOptions options;
  options.batch = c.mapped.program.batch;
  options.effort = effort;
  options.objective = objective;
  options.energy_j = joules_of;
  double cycles = 0, joules = 0, bytes = 0;
  for (const MappedProgram& segment : mapper.map(c.config, options)) {
    const Analysis analysis = analyze(segment.program, c.config, options.memory, mapper.weights());
    cycles += static_cast<double>(analysis.cycles);
    for (const LayerProfile& layer : analysis.profile.layers()) {
      joules += joules_of(layer);
      bytes += static_cast<double>(dram_bytes(layer.events));
    }
  }
  return {cycles, joules, joules * cycles, bytes};
}

/// The objective's figure by effort good over that by an exhaustive search, the least first. Of networks of
/// up to so many layers that the accelerator runs, with one convolution, or several if there is more than a
/// layer.
std::vector<double> good_over_exhaustive(MappingObjective objective, int max_layers, std::size_t networks) {
  CaseLimits limits;
  limits.max_layers = max_layers;
  limits.max_batch = 2;
  std::vector<double> ratios;
  for (std::uint64_t seed = 1; ratios.size() < networks; ++seed) {
    RandomCase c = make_random_case(seed, limits);
    const auto& layers = c.network.layers;
    const auto count = [&](auto is) { return std::count_if(layers.begin(), layers.end(), is); };
    const auto convolutions = count([](const QuantizedLayer& l) { return l.op == LayerOp::kConv; });
    if (count([](const QuantizedLayer& l) { return on_host(l.op); }) > 0) continue;
    if (max_layers == 1 ? convolutions != 1 : convolutions < 2) continue;
    MapperOptions options;
    options.batch = c.mapped.program.batch;
    fit_buffers(c.network, c.config, options);
    const Mapper mapper(c.network);
    const auto figure = [&](MappingEffort effort) {
      return figures(mapper, c, objective, effort)[enum_index(objective)];
    };
    ratios.push_back(figure(MappingEffort::kGood) / figure(MappingEffort::kExhaustive));
  }
  std::sort(ratios.begin(), ratios.end());
  return ratios;
}

}  // namespace

TEST_CASE("each objective is met best by the programs that are made for it") {
  CaseLimits limits;
  limits.max_layers = 3;
  int differ = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed, limits);
    const Mapper mapper(c.network);
    std::vector<Figures> found;
    for (const MappingObjective objective : {MappingObjective::kCycles, MappingObjective::kEnergy,
                                             MappingObjective::kEdp, MappingObjective::kDramBytes})
      found.push_back(figures(mapper, c, objective, MappingEffort::kExhaustive));
    for (std::size_t objective = 0; objective < found.size(); ++objective) {
      for (const Figures& other : found) {
        CAPTURE(objective);
        CHECK(found[objective][objective] <= other[objective]);
        differ += found[objective] != other ? 1 : 0;
      }
    }
  }
  CHECK(differ > 10);
}

// How good the search is, not what it promises (docs/mapper.md).
TEST_CASE("effort good finds what an exhaustive search finds, or little less, for most layers") {
  const auto [objective, most_of_95_percent, most] = GENERATE(table<MappingObjective, double, double>({
      {MappingObjective::kCycles, 1.02, 1.5},
      {MappingObjective::kEnergy, 1.02, 2},
      {MappingObjective::kEdp, 1.02, 1.2},
      {MappingObjective::kDramBytes, 1, 1.1},
  }));
  const std::vector<double> ratios = good_over_exhaustive(objective, 1, 200);
  CAPTURE(to_string(objective), ratios[ratios.size() * 95 / 100], ratios.back());
  CHECK(ratios[ratios.size() / 2] == 1);
  CHECK(ratios[ratios.size() * 95 / 100] <= most_of_95_percent);
  CHECK(ratios.back() <= most);
}

// An exhaustive search of several goes on from a plan of its own, so it can be the worse one.
TEST_CASE(
    "effort good finds little less than an exhaustive search for most networks of several convolutions") {
  const auto [objective, most_of_95_percent, most] = GENERATE(table<MappingObjective, double, double>({
      {MappingObjective::kCycles, 1.1, 1.5},
      {MappingObjective::kEnergy, 1.1, 1.5},
      {MappingObjective::kEdp, 1.1, 1.5},
      {MappingObjective::kDramBytes, 1.02, 1.1},
  }));
  const std::vector<double> ratios = good_over_exhaustive(objective, 6, 50);
  CAPTURE(to_string(objective), ratios[ratios.size() * 95 / 100], ratios.back());
  CHECK(ratios[ratios.size() / 2] <= 1.01);
  CHECK(ratios[ratios.size() * 95 / 100] <= most_of_95_percent);
  CHECK(ratios.back() <= most);
}

TEST_CASE("objectives of energy without its prices are refused") {
  const RandomCase c = make_random_case(1);
  MapperOptions options;
  options.objective = MappingObjective::kEdp;
  CHECK_THROWS_WITH(Mapper(c.network).map(c.config, options),
                    Catch::Contains("mapping.objective: edp without prices of energy"));
}
