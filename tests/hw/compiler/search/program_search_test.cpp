// A machine with more is never slower, and the search finds what trying everything finds.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "hw/compiler/mapper.h"
#include "hw/compiler/search/layer_times.h"
#include "hw/compiler/search/program_clock.h"
#include "hw/compiler/segment.h"
#include "hw/isa/account/dram_kinds.h"
#include "hw/timeline/timeline.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::compiler;
using namespace bitbalance::test;
using namespace bitbalance::timeline;

namespace {

struct Machine {
  AcceleratorConfig config;
  IdealMemoryTiming memory;
};

class RandomMachines {
 public:
  explicit RandomMachines(std::uint64_t seed) : random_(seed) {}

  /// Buffers of the default sizes times powers of four, no smaller than those of `config`; memory and
  /// pipeline at random.
  Machine draw(const AcceleratorConfig& config) {
    Machine m{config, {}};
    for (int AcceleratorConfig::*const buffer : kBuffers) {
      int size = AcceleratorConfig().*buffer;
      while (size / 4 >= config.*buffer && size / 4 >= kLeast) size /= 4;
      while (size < config.*buffer) size *= 4;
      m.config.*buffer = random_() % 2 == 0 ? size : 4 * size;
    }
    m.memory.latency_cycles = pick({0, 5, 50, 300});
    m.memory.bytes_per_cycle_numerator = pick({1, 3, 13, 64, 500});
    m.memory.bytes_per_cycle_denominator = pick({1, 5});
    m.config.dram.max_outstanding = pick({1, 2, 8, 16});
    m.config.queue_depth = pick({1, 2, 8});
    m.config.pipeline = {pick({1, 2}), pick({1, 4}), pick({1, 3}), pick({1, 4})};
    return m;
  }

  /// The same with more of one thing, and what that is.
  std::string enlarge(Machine& m) {
    switch (random_() % 9) {
      case 0:
        m.memory.bytes_per_cycle_numerator += pick({1, 7, 100});
        return "bandwidth";
      case 1:
        m.memory.latency_cycles /= pick({2, 3, 1000});
        return "latency";
      case 2:
        m.config.queue_depth += pick({1, 7, 50});
        return "queues";
      case 3:
        m.config.dram.max_outstanding += pick({1, 3, 40});
        return "outstanding requests";
      case 4:
        m.config.lookup_tables = 2;
        return "places for tables";
      default: {
        int AcceleratorConfig::*const buffer = kBuffers[random_() % 4];
        constexpr int kUnit = 16;
        m.config.*buffer += kUnit * pick({1, 5, 64});
        if (random_() % 2 == 0) m.config.*buffer *= 2;
        return "buffers";
      }
    }
  }

 private:
  static constexpr int kLeast = 128;  ///< bytes that every buffer must have
  static constexpr int AcceleratorConfig::*kBuffers[] = {
      &AcceleratorConfig::weight_bank_bytes, &AcceleratorConfig::activation_buffer_bytes,
      &AcceleratorConfig::output_buffer_bytes, &AcceleratorConfig::parameter_buffer_bytes};

  int pick(std::initializer_list<int> values) { return values.begin()[random_() % values.size()]; }

  std::mt19937_64 random_;
};

std::int64_t cycles(const Mapper& mapper, const Machine& machine, MapperOptions options) {
  options.memory = machine.memory;
  Timeline timeline(machine.config, machine.memory);
  std::int64_t sum = 0;
  for (const MappedProgram& segment : mapper.map(machine.config, options)) {
    if (!segment.program.layers.front().on_host) sum += timeline.cycles(segment.program, mapper.weights());
  }
  return sum;
}

std::int64_t cycles_if_it_fits(const Mapper& mapper, const Machine& machine, const MapperOptions& options) {
  try {
    return cycles(mapper, machine, options);
  } catch (const std::invalid_argument& /*it does not*/) {
    return kNever;
  }
}

/// Cases of a test; the environment may ask for more.
int monotone_cases() {
  const char* const count = std::getenv("BITBALANCE_MONOTONE_CASES");
  return count == nullptr ? 400 : std::stoi(count);
}

void check_monotone(std::uint64_t first, int count, const CaseLimits& limits) {
  for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(count); ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed, limits);
    const Mapper mapper(c.network);
    MapperOptions options;
    options.batch = c.mapped.program.batch;
    options.effort = MappingEffort::kGood;
    AcceleratorConfig config = c.config;
    fit_buffers(c.network, config, options);
    RandomMachines machines(seed);
    Machine machine = machines.draw(config);
    const std::int64_t before = cycles(mapper, machine, options);
    const std::string more = machines.enlarge(machine);
    CAPTURE(more);
    REQUIRE(cycles(mapper, machine, options) <= before);
  }
}

/// The same by what earlier machines left behind.
std::int64_t cycles_once(const Mapper& mapper, const Machine& machine, MapperOptions options) {
  options.memory = machine.memory;
  Timeline timeline(machine.config, machine.memory, mapper.shapes());
  std::int64_t sum = 0;
  const auto segments = mapper.map_once(machine.config, options);
  for (const MappedProgram& segment : *segments) {
    if (!segment.program.layers.front().on_host)
      sum += timeline.analyze(segment.program, mapper.weights()).cycles;
  }
  return sum;
}

}  // namespace

TEST_CASE("what is remembered of other machines changes no cycle") {
  CaseLimits limits;
  limits.max_layers = 3;
  limits.max_batch = 2;
  for (std::uint64_t seed = 1; seed < 30; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed, limits);
    const Mapper mapper(c.network);
    MapperOptions options;
    options.batch = c.mapped.program.batch;
    RandomMachines machines(seed);
    Machine machine = machines.draw(c.config);
    for (int i = 0; i < 20; ++i) {
      options.effort = i % 3 == 0 ? MappingEffort::kGood : MappingEffort::kFast;
      REQUIRE(cycles_once(mapper, machine, options) == cycles(Mapper(c.network), machine, options));
      if (i % 2 == 0) {
        machines.enlarge(machine);
      } else {
        machine = machines.draw(c.config);
      }
    }
  }
}

TEST_CASE("blocks are kept for machines that differ in the memory and queues, not for another pipeline") {
  MapperOptions options;
  options.effort = MappingEffort::kGood;
  const std::vector<double> rates = ProgramSearch::planned_rates();
  AcceleratorConfig config;
  BlockTablesMemo memo;
  const auto first = memo.get(config, options, rates);
  config.queue_depth += 1;
  config.activation_buffer_bytes /= 2;
  options.memory.latency_cycles += 1;
  CHECK(memo.get(config, options, rates) == first);
  config.pipeline.activation_read -= 1;  // cycles of every compute command
  CHECK(memo.get(config, options, rates) != first);
}

TEST_CASE("a program is judged while it is made as the timeline judges it when it is done") {
  CaseLimits limits;
  limits.max_batch = 2;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed, limits);
    const Mapper mapper(c.network);
    MapperOptions options;
    options.batch = c.mapped.program.batch;
    options.effort = MappingEffort::kGood;
    const Machine machine = RandomMachines(seed).draw(c.config);
    options.memory = machine.memory;
    Timeline timeline(machine.config, machine.memory);
    for (const MappedProgram& segment : mapper.map(machine.config, options)) {
      if (segment.program.layers.front().on_host) continue;
      REQUIRE(segment.cycles == timeline.analyze(segment.program, mapper.weights()).cycles);
      REQUIRE(segment.least_cycles <= segment.cycles);
    }
  }
}

TEST_CASE("no program is given up that takes fewer cycles than it may") {
  CaseLimits limits;
  limits.max_layers = 6;
  limits.max_batch = 3;
  int judged = 0;
  for (std::uint64_t seed = 1; judged < 1000; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed, limits);
    const std::vector<QuantizedLayer>& layers = c.network.layers;
    if (std::any_of(layers.begin(), layers.end(), [](const auto& l) { return l.op == LayerOp::kHost; }))
      continue;
    const Machine machine =
        seed % 2 == 0 ? RandomMachines(seed).draw(c.config) : Machine{c.config, IdealMemoryTiming{}};
    if (!ProgramClock::suits(machine.config)) continue;
    MapperOptions options;
    options.batch = c.mapped.program.batch;
    options.memory = machine.memory;
    WeightStatistics weights(c.network);
    BlockTables tables(machine.config, ProgramSearch::planned_rates());
    Segment segment(c.network, options, weights, tables, nullptr);
    for (std::size_t i = 0; i < layers.size(); ++i) segment.add({i, &layers[i]});
    Timeline timeline(machine.config, machine.memory);
    ShapeTimings shapes;
    ProgramClock clock(machine.config, machine.memory, shapes, weights);
    LayerTimesTable times(machine.config, machine.memory, shapes, weights);
    ProgramOutline outline;
    for (const Proposal& proposal : segment.propose(machine.config)) {
      const Plan plan = segment.plan_of(proposal);
      const std::int64_t cycles = timeline.cycles(
          segment.lower(machine.config, plan, Regions::kContiguous, nullptr)->program, weights);
      segment.outline(machine.config, plan, outline);
      REQUIRE(clock.may_beat(outline, cycles + 1));
      auto block = plan.begin();
      for (std::size_t i = 0; i < outline.layers.size(); ++i) {
        const bool has_array = outline.layers[i].has_array;
        outline.times[i] = &times.of(segment, machine.config, i, has_array ? &*block++ : nullptr);
        CAPTURE(i);
        REQUIRE(clock.may_beat(outline, cycles + 1));
      }
      clock.restart(segment.demand(machine.config, plan), outline, cycles + 1);
      REQUIRE(segment.lower(machine.config, plan, Regions::kContiguous, &clock).has_value());
      REQUIRE(clock.cycles() == cycles);
      ++judged;
      // Without gaps it takes no longer, on this machine and smaller ones.
      const auto gapless = segment.lower(machine.config, plan, Regions::kMayWrap, nullptr);
      REQUIRE(timeline.cycles(gapless->program, weights) <= cycles);
      AcceleratorConfig smaller = machine.config;
      if (!segment.cuts_channels(plan)) smaller.activation_buffer_bytes /= 2;
      smaller.parameter_buffer_bytes /= 2;
      if (segment.propose(smaller).empty() || !segment.has_room(smaller, plan)) continue;
      const auto there = segment.lower(smaller, plan, Regions::kContiguous, nullptr);
      const std::int64_t cycles_there = timeline.cycles(there->program, weights);
      REQUIRE(timeline.cycles(gapless->program, weights) <= cycles_there);
      // Nor do its layers by themselves.
      const auto times_here = outline.times;
      segment.outline(smaller, plan, outline);
      outline.times = times_here;
      REQUIRE(clock.may_beat(outline, cycles_there + 1));
    }
  }
}

TEST_CASE("machines that the mapper cannot tell apart share their programs") {
  const RandomCase c = make_random_case(1);
  const Mapper mapper(c.network);
  MapperOptions options;
  options.batch = c.mapped.program.batch;
  const auto programs = mapper.map_once(c.config, options);
  AcceleratorConfig other = c.config;
  other.queue_depth += 1;
  other.dram.max_outstanding += 1;
  options.memory.latency_cycles += 1;
  CHECK(mapper.map_once(other, options) == programs);
  options.effort = MappingEffort::kGood;
  CHECK(mapper.map_once(other, options) != programs);
  options.effort = MappingEffort::kFast;
  other.output_buffer_bytes *= 2;
  CHECK(mapper.map_once(other, options) != programs);
  other.queue_depth = 0;
  CHECK_THROWS_AS(mapper.map_once(other, options), std::invalid_argument);
}

TEST_CASE("effort good is never worse than effort fast") {
  CaseLimits limits;
  limits.max_layers = 5;
  limits.max_batch = 2;
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed, limits);
    const Mapper mapper(c.network);
    MapperOptions options;
    options.batch = c.mapped.program.batch;
    AcceleratorConfig config = c.config;
    fit_buffers(c.network, config, options);
    const Machine machine = seed % 2 == 0 ? Machine{config, {}} : RandomMachines(seed).draw(config);
    const std::int64_t fast = cycles(mapper, machine, options);
    options.effort = MappingEffort::kGood;
    REQUIRE(cycles(mapper, machine, options) <= fast);
  }
}

TEST_CASE("a mapping that was found takes the same cycles when a user asks for it") {
  CaseLimits limits;
  limits.max_layers = 4;
  limits.max_batch = 3;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed, limits);
    const Mapper mapper(c.network);
    MapperOptions options;
    options.batch = c.mapped.program.batch;
    options.effort = seed % 10 == 0 ? MappingEffort::kExhaustive : MappingEffort::kGood;
    AcceleratorConfig config = c.config;
    fit_buffers(c.network, config, options);
    const Machine machine = RandomMachines(seed).draw(config);
    options.memory = machine.memory;
    for (const MappedProgram& segment : mapper.map(machine.config, options))
      for (const LayerMapping& m : segment.mappings)
        if (m.rows != 0) options.mappings.push_back(m);
    const std::int64_t again = cycles(mapper, machine, options);
    options.mappings.clear();
    REQUIRE(again == cycles(mapper, machine, options));
  }
}

TEST_CASE("more of anything never costs a layer a cycle") {
  CaseLimits limits;
  limits.max_layers = 1;
  limits.max_batch = 3;
  check_monotone(1, monotone_cases(), limits);
}

TEST_CASE("more of anything never costs a network a cycle") {
  CaseLimits limits;
  limits.max_layers = 5;
  limits.max_batch = 2;
  check_monotone(100'000, monotone_cases(), limits);
}

TEST_CASE("an exhaustive search is never worse than any block that a user could ask for") {
  CaseLimits limits;
  limits.max_layers = 1;
  limits.max_batch = 2;
  limits.max_size = 9;
  limits.max_channels = 12;
  int tried = 0;
  for (std::uint64_t seed = 1; tried < 60; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed, limits);
    const QuantizedLayer& layer = c.network.layers.front();
    if (c.network.layers.size() != 1 || layer.op != LayerOp::kConv) continue;
    ++tried;
    const Mapper mapper(c.network);
    const Machine machine{c.config, {}};
    MapperOptions options;
    options.batch = c.mapped.program.batch;
    options.effort = MappingEffort::kExhaustive;
    const std::int64_t best = cycles(mapper, machine, options);

    options.effort = MappingEffort::kFast;
    const Shape& out = c.network.tensors[layer.output].shape;
    const int channels = c.network.tensors[layer.input].shape.channels / layer.groups;
    for (int rows = 1; rows <= out.height; ++rows) {
      for (int images = 1; images <= (rows == out.height ? options.batch : 1); ++images) {
        for (int chunk = 1; chunk <= channels; ++chunk) {
          for (const LoopOrder order : {LoopOrder::kActivationsOuter, LoopOrder::kWeightsOuter}) {
            options.mappings = {{layer.name, images, rows, 0, 0, 0, chunk, order}};
            REQUIRE(best <= cycles_if_it_fits(mapper, machine, options));
          }
        }
      }
    }
  }
}

TEST_CASE("an exhaustive search of layers without a convolution finds what effort good finds") {
  CaseLimits limits;
  limits.max_layers = 3;
  int searched = 0;
  for (std::uint64_t seed = 1; searched < 20; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed, limits);
    const auto& layers = c.network.layers;
    if (std::any_of(layers.begin(), layers.end(), [](const auto& l) { return l.op == LayerOp::kConv; }))
      continue;
    ++searched;
    const Mapper mapper(c.network);
    MapperOptions options;
    options.batch = c.mapped.program.batch;
    options.effort = MappingEffort::kGood;
    const std::int64_t good = cycles(mapper, {c.config, {}}, options);
    options.effort = MappingEffort::kExhaustive;
    REQUIRE(cycles(mapper, {c.config, {}}, options) == good);
  }
}

TEST_CASE("a program that uses a part of the buffers computes the same") {
  int judged = 0;
  for (std::uint64_t seed = 1; judged < 60; ++seed) {
    CAPTURE(seed);
    RandomCase c = make_random_case(seed);
    MapperOptions options;
    options.batch = c.mapped.program.batch;
    options.effort = MappingEffort::kGood;
    c.mapped = build_segments(c.network, c.config, options).front();
    judged += c.mapped.cycles > 0 ? 1 : 0;
    CHECK(c.mapped.least_cycles <= c.mapped.cycles);
    const auto before = place_images(c.mapped.program, c.network, c.images, 0xa5);
    REQUIRE(first_mismatch(c, interpret(c.mapped.program, c.config, before, 0)) == "");
  }
}
