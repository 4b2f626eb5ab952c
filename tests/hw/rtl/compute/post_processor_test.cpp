// What the post-processor makes of drained accumulators, and when.
#include "hw/rtl/compute/post_processor.h"

#include "tests/hw/rtl/compute/post_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

DrainTarget plain_target(int rows, int lanes, bool last_of_command) {
  DrainTarget target;
  target.rows = static_cast<std::uint16_t>(rows);
  target.lanes = static_cast<std::uint16_t>(lanes);
  target.last_of_command = last_of_command;
  for (int i = 0; i < lanes; ++i) target.address[i] = static_cast<std::uint32_t>(i);
  target.row_pitch = 16;
  return target;
}

using Accumulators = std::vector<std::vector<std::int64_t>>;

PipelineConfig deep(int multiply, int clamp) {
  PipelineConfig pipeline;
  pipeline.multiply = multiply;
  pipeline.clamp = clamp;
  return pipeline;
}

DrainTarget table_target(int rows, int lanes) {
  DrainTarget target = plain_target(rows, lanes, true);
  target.command.lookup = true;
  return target;
}

}  // namespace

TEST_CASE(
    "results equal 128-bit arithmetic: bias, rescaling, operands, clipping, look-up and fused pooling") {
  PostBench bench;
  REQUIRE(rc::check([&] { check_random_command(bench); }));
}

TEST_CASE("results are the same when every channel stalls at random") {
  PostBench bench;
  bench.stall_all(40);
  REQUIRE(rc::check([&] { check_random_command(bench); }));
}

TEST_CASE("results are the same in a deep pipeline that stalls at random") {
  PostBench bench(deep(4, 3));
  bench.stall_all(40);
  REQUIRE(rc::check([&] { check_random_command(bench); }));
}

TEST_CASE(
    "each stage of multiply or clamp more delays what is written by an edge, and no beat waits for it") {
  PostBench bench(deep(3, 2));
  const Accumulators acc(1, std::vector<std::int64_t>(1, 1));
  bench.queue_tile(plain_target(1, 1, true), acc);
  bench.queue_tile(table_target(1, 1), acc);
  bench.queue_tile(plain_target(1, 1, true), acc);
  for (int i = 0; i < 9; ++i) bench.queue_tile(plain_target(1, 1, true), acc);
  REQUIRE(bench.wait_for(12));
  for (std::size_t i = 0; i < 12; ++i) {
    CAPTURE(i);
    CHECK(bench.beat_source.pushed_at.at(i) == bench.beat_source.pushed_at.front() + static_cast<Edge>(i));
    CHECK(bench.sink.received_at.at(i) - 1 == bench.beat_source.pushed_at.at(i) + 1 + (i == 0 ? 5 : 6));
  }
}

TEST_CASE("a beat is written two edges after its pop, and the last one completes the command at that edge") {
  PostBench bench(kUncut);
  bench.parameters.write(0, {5, 1, 0});
  bench.queue_tile(plain_target(1, 1, true), Accumulators{{37}});
  // Pushed at edge 0, popped at 1: written at 3.
  REQUIRE(bench.run_until([] { return edge() == 3; }));
  CHECK(bench.outputs.read(0, Width::k8, true) == 0);
  bench.run_until([] { return edge() == 4; });
  CHECK(bench.outputs.read(0, Width::k8, true) == 42);
  REQUIRE(bench.wait_for(1));
  CHECK(bench.sink.received_at.at(0) - 1 == bench.beat_source.pushed_at.at(0) + 1 + 2);
}

TEST_CASE("a beat that asks a table is written three edges after its pop") {
  PostBench bench(kUncut);
  bench.parameters.write(0, {5, 1, 0});
  bench.tables.write(0, 42, 99);
  bench.queue_tile(table_target(1, 1), Accumulators{{37}});
  REQUIRE(bench.run_until([] { return edge() == 4; }));
  CHECK(bench.outputs.read(0, Width::k8, true) == 0);
  bench.run_until([] { return edge() == 5; });
  CHECK(bench.outputs.read(0, Width::k8, true) == 99);
  REQUIRE(bench.wait_for(1));
  CHECK(bench.sink.received_at.at(0) - 1 == bench.beat_source.pushed_at.at(0) + 1 + 3);
}

TEST_CASE(
    "beats without a gap behind one that asks a table are written an edge later, those behind a gap not") {
  PostBench bench(kUncut);
  const Accumulators acc(1, std::vector<std::int64_t>(1, 1));
  bench.queue_tile(plain_target(1, 1, true), acc);
  bench.queue_tile(table_target(1, 1), acc);
  bench.queue_tile(plain_target(1, 1, true), acc);
  bench.queue_tile(plain_target(1, 1, true), acc);
  REQUIRE(bench.wait_for(4));
  bench.queue_tile(plain_target(1, 1, true), acc);
  REQUIRE(bench.wait_for(5));
  const std::int64_t edges[] = {2, 3, 3, 3, 2};
  for (std::size_t i = 0; i < std::size(edges); ++i) {
    CAPTURE(i);
    CHECK(bench.sink.received_at.at(i) - 1 == bench.beat_source.pushed_at.at(i) + 1 + edges[i]);
  }
}

TEST_CASE("one beat an edge, also from tile to tile") {
  PostBench bench(kUncut);
  const Accumulators acc(4, std::vector<std::int64_t>(16, 1));
  bench.queue_tile(plain_target(4, 16, false), acc);
  bench.queue_tile(plain_target(1, 1, false), acc);
  bench.queue_tile(plain_target(1, 1, false), acc);
  bench.queue_tile(plain_target(1, 1, false), acc);
  bench.queue_tile(plain_target(4, 16, true), acc);
  REQUIRE(bench.wait_for(1));
  const std::vector<std::int64_t>& pushed = bench.beat_source.pushed_at;
  REQUIRE(pushed.size() == 19);
  CHECK(pushed.back() == pushed.front() + 18);
  CHECK(bench.sink.received_at.at(0) - 1 == pushed.back() + 1 + 2);
}

TEST_CASE("a command that does not drain completes with its empty beat, in its turn") {
  PostBench bench;
  const Accumulators acc(2, std::vector<std::int64_t>(4, 1));
  DrainTarget draining = plain_target(2, 4, true);
  draining.layer = 1;
  DrainTarget empty = plain_target(0, 0, true);
  empty.layer = 2;
  bench.queue_tile(draining, acc);
  bench.queue_tile(empty, {});
  bench.queue_tile(draining, acc);
  REQUIRE(bench.wait_for(3));
  CHECK(bench.sink.received.at(0).layer == 1);
  CHECK(bench.sink.received.at(1).layer == 2);
  CHECK(bench.sink.received.at(2).layer == 1);
  CHECK(bench.sink.received_at.at(1) == bench.sink.received_at.at(0) + 1);
  CHECK(bench.sink.received_at.at(2) == bench.sink.received_at.at(1) + 2);
}
