// The threads that compute data. A job goes on beside the simulation until somebody waits for it; its results
// do not depend on how many threads there are.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>

#include "base/process/threads.h"
#include "tlm/accelerator/names.h"

namespace bitbalance::tlm_level {

class WorkerPool {
 public:
  /// `threads`: at work at a time, the caller's own counted; 0: one for each processor. Fewer where the
  /// machine gives no more.
  explicit WorkerPool(int threads);
  /// Precondition: the last job has been finished or abandoned.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Begins work(0) .. work(parts - 1), in any order and at the same time, after the job before has been
  /// finished. Keeps `work` until then. It must not touch the simulation kernel.
  void start(int parts, std::function<void(int)> work);
  /// Returns when all parts of the job are done; does its share of them. Throws what one of them threw.
  void finish();
  /// Leaves out the parts that nobody has begun; afterwards no thread is at work.
  void abandon() noexcept;
  void run(int parts, std::function<void(int)> work) {
    start(parts, std::move(work));
    finish();
  }

 private:
  void serve();
  /// Does parts that nobody has begun until there are none.
  void do_parts();
  void wait_for_others() const;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::function<void(int)> work_;  ///< changes only while no thread is at work
  std::atomic<int> left_{0};       ///< parts that nobody has begun; below 1: none
  std::atomic<int> at_work_{0};    ///< threads of ours; more only under the mutex
  std::exception_ptr failure_;     ///< of the job; written under the mutex
  bool ends_ = false;
  Threads threads_;  ///< last: they end before what they use
};

}  // namespace bitbalance::tlm_level
