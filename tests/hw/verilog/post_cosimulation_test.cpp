// The Verilog post-processor beside ours, edge by edge: every register, and every byte that is written.
#include "tests/hw/rtl/compute/post_bench.h"
#include "tests/hw/verilog/models.h"
#include "tests/hw/verilog/post_twin.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

void check_equal(unsigned stall_percent) {
  PostBench bench(kUncut);  // as the Verilog one is
  if (stall_percent > 0) bench.stall_all(stall_percent);
  PostTwin<Vpost_8> twin("twin", bench, bench.config, bench.unit, bench.parameters, bench.targets,
                         bench.beats, bench.completions);
  REQUIRE(rc::check([&] {
    RandomCommand command(bench, false);
    twin.load(bench.outputs);
    command.run();
    command.check();
    twin.compare_outputs(bench.outputs);
    INFO(twin.first_mismatch);
    CHECK(twin.mismatches == 0);
    RC_ASSERT(twin.mismatches == 0);
  }));
  CHECK(twin.completions == static_cast<std::int64_t>(bench.sink.received.size()));
  CHECK(twin.registers_compared > 10 * twin.edges);
}

}  // namespace

TEST_CASE("post-processor of 8 columns: bias, rescaling, operands, clipping and fused pooling") {
  check_equal(0);
}
TEST_CASE("post-processor of 8 columns, every channel stalls at random") {
  check_equal(40);
}
