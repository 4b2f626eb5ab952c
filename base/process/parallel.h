// Independent pieces of work on all cores. What a piece computes must not depend on who computes it, so that
// results are the same for any number of threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

#include "base/process/interruption.h"
#include "base/process/threads.h"

namespace bitbalance {

/// Calls body(i) once for each i in 0 .. count - 1, on up to `threads` threads (0: one a core; fewer where
/// the machine gives no more), ascending. After an exception no more are begun; that of the smallest i, the
/// same for any number of threads, is thrown again here, when all threads have ended. Throws Interrupted,
/// between two calls.
template <typename Body>
void parallel_for(int count, int threads, const Body& body) {
  std::atomic<int> next{0};
  std::exception_ptr failure;
  int failed = count;
  std::mutex failure_guard;
  const auto work = [&] {
    for (int i = next++; i < count; i = next++) {
      try {
        throw_if_interrupted();
        body(i);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(failure_guard);
        if (i < failed) failure = std::current_exception();
        failed = std::min(failed, i);
        next = count;
      }
    }
  };
  {
    Threads helpers;
    helpers.start(std::min(threads_of(threads), count) - 1, work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace bitbalance
