// The threads that compute data: each part once, with as many threads as there are, exceptions handed over.
#include "tlm/accelerator/datapath/worker_pool.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/child.h"

namespace bitbalance::tlm_level {
namespace {

/// Runs many jobs of different size; how many parts were done once.
int done_once(int threads) {
  WorkerPool pool(threads);
  int once = 0;
  for (int job = 0; job < 2000; ++job) {
    std::vector<int> parts(static_cast<std::size_t>(job % 17));
    pool.start(static_cast<int>(parts.size()), [&parts](int part) { ++parts[part]; });
    pool.finish();
    once += static_cast<int>(std::count(parts.begin(), parts.end(), 1));
  }
  return once;
}

TEST_CASE("every part is done once, by any number of threads") {
  int expected = 0;
  for (int job = 0; job < 2000; ++job) expected += job % 17;
  for (const int threads : {1, 2, 3, 8}) CHECK(done_once(threads) == expected);
}

TEST_CASE("without threads the caller does every part") {
  const std::string outcome = test::in_child([] {
    test::limit(RLIMIT_NPROC, 0);
    test::become_nobody();
    return std::to_string(done_once(8) == done_once(1));
  });
  CHECK(outcome == "1");
}

TEST_CASE("what a part throws arrives where the job is finished, and the next job is a new one") {
  WorkerPool pool(3);
  const auto work = [](int part) {
    if (part == 5) throw std::runtime_error("part 5");
  };
  pool.start(10, work);
  CHECK_THROWS_WITH(pool.finish(), "part 5");
  pool.start(5, work);
  CHECK_NOTHROW(pool.finish());
  pool.start(10, work);
  CHECK_NOTHROW(pool.abandon());
}

}  // namespace
}  // namespace bitbalance::tlm_level
