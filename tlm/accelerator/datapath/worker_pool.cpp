#include "tlm/accelerator/datapath/worker_pool.h"

#include <thread>
#include <utility>

namespace bitbalance::tlm_level {
namespace {

/// Looks for work before a thread goes to sleep: about as long as it takes to wake one.
constexpr int kLooks = 2000;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

WorkerPool::WorkerPool(int threads) {
  threads_.start(threads_of(threads) - 1, [this] { serve(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wake_.notify_all();
}

void WorkerPool::start(int parts, std::function<void(int)> work) {
  finish();
  {
    const std::lock_guard lock(mutex_);
    work_ = std::move(work);
    left_ = parts;
  }
  wake_.notify_all();
}

void WorkerPool::finish() {
  do_parts();
  wait_for_others();
  work_ = nullptr;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void WorkerPool::abandon() noexcept {
  left_ = 0;
  wait_for_others();
}

void WorkerPool::wait_for_others() const {
  for (int looks = 0; at_work_.load(std::memory_order_acquire) > 0; ++looks) {
    if (looks < kLooks) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
}

// Whoever sees parts left also sees the work that they are of.
void WorkerPool::do_parts() {
  while (left_.load(std::memory_order_acquire) > 0) {
    const int part = left_.fetch_sub(1, std::memory_order_acq_rel) - 1;
    if (part < 0) return;
    try {
      work_(part);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
    }
  }
}

void WorkerPool::serve() {
  while (true) {
    for (int looks = 0; looks < kLooks && left_.load(std::memory_order_relaxed) <= 0; ++looks) pause();
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ends_ || left_ > 0; });
      if (ends_) return;
      ++at_work_;
    }
    do_parts();
    at_work_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace bitbalance::tlm_level
