// Work goes on with fewer threads than wanted, and leaves at a signal.
#include "base/process/parallel.h"

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "tests/support/child.h"

namespace bitbalance::test {
namespace {

/// In a child that may have no thread but its own, by a limit of processes.
std::string without_threads(const std::function<std::string()>& body) {
  return test::in_child([&] {
    limit(RLIMIT_NPROC, 0);
    become_nobody();
    return body();
  });
}

TEST_CASE("without threads the caller does it all") {
  const std::string outcome = without_threads([] {
    Threads threads;
    threads.start(3, [] {});
    std::array<int, 100> done{};
    parallel_for(static_cast<int>(done.size()), 8, [&](int i) { ++done.at(static_cast<std::size_t>(i)); });
    int sum = 0;
    for (const int count : done) sum += count == 1 ? 1 : 0;
    return std::to_string(threads.count()) + " threads, " + std::to_string(sum) + " done";
  });
  CHECK(outcome == "0 threads, 100 done");
}

TEST_CASE("threads have done their work when they are gone") {
  std::atomic<int> done = 0;
  {
    Threads threads;
    threads.start(0, [&] { ++done; });
    threads.start(-1, [&] { ++done; });
    CHECK(threads.count() == 0);
    threads.start(2, [&] { ++done; });
    threads.start(1, [&] { done += 10; });
    CHECK(threads.count() == 3);
  }
  CHECK(done == 12);
}

TEST_CASE("no number of threads means one for each processor") {
  CHECK(threads_of(3) == 3);
  CHECK(threads_of(0) >= 1);
  CHECK(threads_of(-1) == threads_of(0));
}

TEST_CASE("a signal ends the work between two pieces") {
  int done = 0;
  CHECK_THROWS_AS(parallel_for(100, 1,
                               [&](int i) {
                                 ++done;
                                 if (i == 5) interrupting_signal = SIGTERM;
                               }),
                  Interrupted);
  interrupting_signal = 0;
  CHECK(done == 6);
}

}  // namespace
}  // namespace bitbalance::test
