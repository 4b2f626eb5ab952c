#include "tlm/accelerator/worker_pool.h"

#include <algorithm>
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
  const int wanted =
      threads > 0 ? threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  for (int i = 1; i < wanted; ++i) threads_.emplace_back([this] { serve(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
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
  for (int looks = 0; at_work_.load(std::memory_order_acquire) > 0; ++looks) {
    if (looks < kLooks) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
}

void WorkerPool::do_parts() {
  while (left_.load(std::memory_order_relaxed) > 0) {
    const int part = left_.fetch_sub(1) - 1;
    if (part >= 0) work_(part);
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
