// What a mapper keeps of earlier machines is not what it says of others.
#include "hw/compiler/program_memo.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "hw/compiler/mapper.h"
#include "hw/timeline/timeline.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::compiler;
using namespace bitbalance::test;
using namespace bitbalance::timeline;

namespace {

/// Another value for one thing that a program or its cycles may depend on; all of them are in the list.
void change_one(RandomDraw& draw, AcceleratorConfig& c, MapperOptions& options) {
  PipelineConfig& p = c.pipeline;
  const std::vector<std::function<void()>> changes = {
      [&] { c.rows = draw.uniform(1, 40); },
      [&] { set_array(c, c.rows, draw.uniform(1, 20)); },
      [&] {
        c.pe.lanes = draw.pick({PeLanes::kAdaptive, PeLanes::kNarrow});
      },
      [&] { c.pe.shift = draw.uniform(6, PeConfig::kLargestPosition); },
      [&] { p.pe = draw.uniform(1, PipelineConfig::kMostPeStages); },
      [&] { p.activation_read = draw.uniform(1, PipelineConfig::kMostStages); },
      [&] { p.multiply = draw.uniform(1, PipelineConfig::kMostStages); },
      [&] { p.clamp = draw.uniform(1, PipelineConfig::kMostStages); },
      [&] { c.accumulator_bits_8 = draw.uniform(16, 32); },
      [&] { c.accumulator_bits_16 = draw.uniform(24, 48); },
      [&] { c.allow_wrap = !c.allow_wrap; },
      [&] { c.synchronization = draw.pick(isa::synchronization_rules()).synchronization; },
      [&] {
        c.column_mapping = draw.pick({ColumnMapping::kFlattened, ColumnMapping::kRow});
      },
      [&] {
        c.token_form = draw.pick({TokenForm::kBinary, TokenForm::kSignedDigit});
      },
      [&] {
        c.weight_storage = draw.pick({WeightStorage::kDense, WeightStorage::kTokens});
      },
      [&] {
        c.weight_bank_bytes = draw.pick({128, 1024, 16384});
      },
      [&] {
        c.activation_buffer_bytes = 2 * c.columns * draw.pick({32, 256, 2048});
      },
      [&] {
        c.output_buffer_bytes = 2 * c.columns * draw.pick({32, 128, 1024});
      },
      [&] {
        c.parameter_buffer_bytes = draw.pick({128, 1024, 8192});
      },
      [&] { c.lookup_tables = draw.uniform(0, AcceleratorConfig::kMaxTables); },
      [&] {
        c.sram_ports = draw.pick({SramPorts::kShared, SramPorts::kMixed, SramPorts::kPerUnit});
      },
      [&] {
        c.queue_depth = draw.pick({1, AcceleratorConfig::kMaxQueueDepth});
      },
      [&] {
        c.dram.burst_bytes = draw.pick({16, 64, 256});
      },
      [&] {
        c.dram.max_outstanding = draw.pick({1, 2, 16, 64});
      },
      [&] { c.dram.use_nb_transport = !c.dram.use_nb_transport; },
      [&] {
        options.memory.latency_cycles = draw.pick({0, 5, 50, 300});
      },
      [&] {
        options.memory.bytes_per_cycle_numerator = draw.pick({1, 13, 64, 500});
      },
      [&] {
        options.memory.bytes_per_cycle_denominator = draw.pick({1, 5});
      },
      [&] { options.batch = draw.uniform(1, 4); },
      [&] {
        options.barrier = draw.pick({LayerBarrier::kNone, LayerBarrier::kCommand, LayerBarrier::kLayer});
      },
      [&] { options.fuse_pooling = !options.fuse_pooling; },
      [&] {
        options.objective = draw.pick({MappingObjective::kCycles, MappingObjective::kDramBytes});
      },
      [&] {
        options.effort = draw.pick({MappingEffort::kFast, MappingEffort::kGood, MappingEffort::kExhaustive});
      }};
  draw.pick(changes)();
}

/// Commands of all programs and their cycles, as the mapper and the timeline have them, or why there are
/// none.
std::string programs_of(const Mapper& mapper, const AcceleratorConfig& config, const MapperOptions& options) {
  try {
    Timeline timeline(config, options.memory, mapper.shapes());
    std::string text;
    for (const MappedProgram& segment : *mapper.map_once(config, options)) {
      for (std::size_t i = 0; i < segment.program.commands.size(); ++i) {
        for (const std::uint8_t byte :
             isa::encode(segment.program.commands[i], static_cast<std::uint32_t>(i)))
          text += static_cast<char>(byte);
      }
      text += fmt::format(" {} of {} by the mapper,", segment.cycles, segment.least_cycles);
      if (!segment.program.layers.front().on_host)
        text += fmt::format(" {} cycles\n", timeline.analyze(segment.program, mapper.weights()).cycles);
    }
    return text;
  } catch (const std::invalid_argument& refusal) {
    return refusal.what();
  }
}

}  // namespace

TEST_CASE("programs are those of this machine, whatever one thing the machine before had otherwise") {
  CaseLimits limits;
  limits.max_layers = 3;
  limits.max_batch = 2;
  int made = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed, limits);
    const Mapper mapper(c.network);
    RandomDraw draw(seed);
    AcceleratorConfig config = c.config;
    MapperOptions options;
    options.batch = draw.uniform(1, 2);
    options.effort = draw.pick({MappingEffort::kFast, MappingEffort::kGood});
    for (int i = 0; i < 60; ++i) {
      AcceleratorConfig next = config;
      MapperOptions next_options = options;
      change_one(draw, next, next_options);
      const std::string programs = programs_of(mapper, next, next_options);
      REQUIRE(programs == programs_of(Mapper(c.network), next, next_options));
      if (programs.find(" cycles") == std::string::npos) continue;  // refused
      config = next;
      options = next_options;
      ++made;
    }
  }
  CHECK(made > 1000);
}
