// Processes that work in parallel: messages arrive, failures are named, none is left behind.
#include "testbench/run/process/process_pool.h"
#include "tests/support/names.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>

namespace bitbalance::test {
namespace {

using Messages = std::vector<std::vector<std::string>>;

Messages gather(ProcessPool& pool, int count) {
  Messages messages(static_cast<std::size_t>(count));
  pool.gather([&](int worker, const std::string& text) { messages[worker].push_back(text); }, [] {});
  return messages;
}

bool no_children() {
  return ::waitpid(-1, nullptr, 0) == -1 && errno == ECHILD;
}

/// What gather() throws: worker and text.
std::string failure(ProcessPool& pool) {
  try {
    pool.gather([](int, const std::string&) {}, [] {});
  } catch (const WorkerFailure& failure) {
    return std::to_string(failure.worker) + ": " + failure.what();
  }
  return "none";
}

[[noreturn]] void wait_for_ever() {
  while (true) ::pause();
}

TEST_CASE("messages of any size arrive whole and in order") {
  const std::string large(100'000, 'x');
  {
    ProcessPool pool(3, [&](int worker, const ProcessPool::Send& send) {
      for (int i = 0; i < 3; ++i) send(std::to_string(10 * worker + i));
      send("");
      send(large);
    });
    const Messages messages = gather(pool, 3);
    for (std::size_t worker = 0; worker < 3; ++worker) {
      const std::string tens = worker == 0 ? "" : std::to_string(worker);
      CHECK(messages[worker] == std::vector<std::string>{tens + "0", tens + "1", tens + "2", "", large});
    }
  }
  CHECK(no_children());
}

TEST_CASE("what a worker throws is told with its number") {
  {
    ProcessPool pool(2, [](int worker, const ProcessPool::Send&) {
      if (worker == 1) throw std::runtime_error("out of luck");
      wait_for_ever();
    });
    CHECK(failure(pool) == "1: out of luck");
  }
  CHECK(no_children());
}

TEST_CASE("a worker that dies is told with its number and signal") {
  {
    ProcessPool pool(2, [](int worker, const ProcessPool::Send&) {
      if (worker == 1) std::raise(SIGKILL);
      wait_for_ever();
    });
    CHECK_THAT(failure(pool), Catch::Matchers::StartsWith("1: died of signal 9"));
  }
  CHECK(no_children());
}

TEST_CASE("giving up leaves no process behind") {
  {
    ProcessPool pool(2, [](int, const ProcessPool::Send&) { wait_for_ever(); });
    CHECK_THROWS_WITH(pool.gather([](int, const std::string&) {}, [] { throw std::runtime_error("enough"); }),
                      "enough");
  }
  CHECK(no_children());
}

TEST_CASE("workers leave Ctrl-C to the process that started them") {
  ProcessPool pool(1, [](int, const ProcessPool::Send& send) {
    std::raise(SIGINT);
    send("alive");
  });
  CHECK(gather(pool, 1).front() == std::vector<std::string>{"alive"});
}

}  // namespace
}  // namespace bitbalance::test
