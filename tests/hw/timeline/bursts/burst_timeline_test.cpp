// Asked burst by burst, a program takes the cycles that closed forms give it, in every account, and waits or
// is refused alike.
#include "hw/timeline/bursts/burst_timeline.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/random/random_case.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

/// docs/timing.md, "Ideal memory", of which nothing is known but at the time of a request.
class IdealBursts : public BurstMemory {
 public:
  explicit IdealBursts(const IdealMemoryTiming& timing) : timing_(timing) {}

  void request(MemoryChannel channel, std::uint32_t number, const BurstRequest& burst, Edge edge) override {
    const std::int64_t cycle = timing_.bytes_per_cycle_numerator;  // in parts of one
    std::int64_t& end = end_[static_cast<std::size_t>(channel)];
    end = std::max(end, edge * cycle) + burst.bytes * timing_.bytes_per_cycle_denominator;
    answers_.push_back({channel, number, end / cycle + timing_.latency_cycles + 1});
  }
  bool advance(Edge /*limit*/, Client& client) override {
    const std::vector<Answer> answers = std::exchange(answers_, {});
    for (const Answer& answer : answers) client.answered(answer.channel, answer.number, answer.edge);
    return !answers.empty();
  }

 private:
  struct Answer {
    MemoryChannel channel;
    std::uint32_t number;
    Edge edge;
  };
  const IdealMemoryTiming timing_;
  std::array<std::int64_t, kMemoryChannels> end_{};
  std::vector<Answer> answers_;
};

/// Without a memory that ever answers.
class Silence : public BurstMemory {
  void request(MemoryChannel, std::uint32_t, const BurstRequest&, Edge) override {}
  bool advance(Edge, Client&) override { return false; }
};

BurstTimeline burst_timeline(const AcceleratorConfig& config, BurstMemory& memory) {
  return {config, memory, std::make_shared<TileShapes>(config)};
}

TEST_CASE("a program takes the same time by bursts and in closed form") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    RandomCase c = make_random_case(seed);
    RandomDraw draw(seed);
    c.config.dram.max_outstanding = draw.pick({1, 2, 3, 16, 64});
    c.config.dram.use_nb_transport = draw.chance(0.9);
    const IdealMemoryTiming memory = {draw.pick({0, 1, 50, 300}), draw.pick({64, 37, 7}), draw.pick({5, 1})};
    WeightStatistics weights(c.network);
    const Analysis expected = analyze(c.mapped.program, c.config, memory, weights);
    IdealBursts bursts(memory);
    BurstTimeline timeline = burst_timeline(c.config, bursts);
    Edge begin = 1;
    for (int run = 0; run < 2; ++run) {  // the second one finds what the first has left
      const Analysis found = timeline.analyze(c.mapped.program, {}, weights, begin);
      REQUIRE(found.cycles == expected.cycles);
      REQUIRE(found.profile.layers().size() == expected.profile.layers().size());
      for (std::size_t l = 0; l < found.profile.layers().size(); ++l) {
        const LayerProfile &a = found.profile.layers()[l], &b = expected.profile.layers()[l];
        REQUIRE(a.cycles == b.cycles);
        REQUIRE(a.activity == b.activity);
        REQUIRE(a.events == b.events);
      }
      begin += found.cycles + 1;
    }
  }
}

TEST_CASE("a program that waits for ever is refused by name") {
  const RandomCase c = make_random_case(1);
  WeightStatistics weights(c.network);
  IdealBursts bursts({});
  Program program = c.mapped.program;
  program.commands.front().header.wait = engine_bit(Engine::kStore);
  CHECK_THROWS_WITH(burst_timeline(c.config, bursts).analyze(program, {}, weights, 0),
                    Contains("waits forever for a flag of the store engine"));
  program.commands = {c.mapped.program.commands.front()};
  CHECK_THROWS_WITH(burst_timeline(c.config, bursts).analyze(program, {}, weights, 0),
                    Contains("its last command is not End"));
  Silence silence;
  CHECK_THROWS_AS(burst_timeline(c.config, silence).analyze(c.mapped.program, {}, weights, 0),
                  std::invalid_argument);
}

}  // namespace
}  // namespace bitbalance::test
