#include "hw/compiler/lowering/hazards.h"
#include "tests/support/names.h"

#include <catch2/catch.hpp>

using namespace bitbalance;
using namespace bitbalance::test;

TEST_CASE("a ring region is free at once while nothing has used its place") {
  RingBuffer ring(100, Regions::kContiguous);
  const auto a = ring.allocate(40);
  const auto b = ring.allocate(40);
  CHECK(a.begin == 0);
  CHECK(b.begin == 40);
  CHECK_FALSE(b.free.latest(Engine::kCompute));
}

TEST_CASE("a ring region waits for the last user of the place it takes, not for others") {
  RingBuffer ring(100, Regions::kContiguous);
  const auto a = ring.allocate(40);
  ring.used_by(a.id, Engine::kCompute, 7);
  const auto b = ring.allocate(40);
  ring.used_by(b.id, Engine::kCompute, 9);
  const auto c = ring.allocate(40);  // does not fit behind b: wraps to the place of a
  CHECK(c.begin == 0);
  CHECK(*c.free.latest(Engine::kCompute) == 7);
}

TEST_CASE("a wrapping ring uses the space to the very end") {
  RingBuffer ring(100, Regions::kMayWrap);
  ring.allocate(70);
  const auto b = ring.allocate(60);
  CHECK(b.begin == 70);
}

TEST_CASE("regions begin at their alignment") {
  RingBuffer ring(64, Regions::kMayWrap);
  ring.allocate(3);
  CHECK(ring.allocate(8, 8).begin == 8);
}

TEST_CASE("flags are matched one to one and implied ones are left out") {
  // load 0, load 1, compute 2 (needs 1), compute 3 (needs 0 and 1), load 4 (needs 2).
  std::vector<Command> commands(5);
  commands[0].body = LoadWeights{};
  commands[1].body = LoadActivations{};
  commands[2].body = Compute{};
  commands[3].body = Compute{};
  commands[4].body = LoadWeights{};
  std::vector<Prerequisites> needs(5);
  needs[2].add(Engine::kLoad, 1);
  needs[3].add(Engine::kLoad, 0);
  needs[3].add(Engine::kLoad, 1);
  needs[4].add(Engine::kCompute, 2);
  set_dependence_flags(commands, needs);

  CHECK(commands[0].header.signal == 0);
  CHECK(commands[1].header.signal == engine_bit(Engine::kCompute));
  CHECK(commands[2].header.wait == engine_bit(Engine::kLoad));
  CHECK(commands[2].header.signal == engine_bit(Engine::kLoad));
  CHECK(commands[3].header.wait == 0);  // load 1 was waited for by command 2
  CHECK(commands[4].header.wait == engine_bit(Engine::kCompute));
}

TEST_CASE("commands of one engine need no flags between them") {
  std::vector<Command> commands(2);
  commands[0].body = commands[1].body = Store{};
  std::vector<Prerequisites> needs(2);
  needs[1].add(Engine::kStore, 0);
  set_dependence_flags(commands, needs);
  CHECK(commands[0].header.signal == 0);
  CHECK(commands[1].header.wait == 0);
}
