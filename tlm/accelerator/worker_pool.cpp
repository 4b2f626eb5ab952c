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
  if (parts <= 0) return;
  {
    const std::lock_guard lock(mutex_);
    work_ = std::move(work);
    parts_ = parts;
    next_ = done_ = 0;
    is_done_ = false;
    is_open_ = true;
  }
  wake_.notify_all();
}

void WorkerPool::finish() {
  while (do_part()) {
  }
  for (int looks = 0; !is_done_.load(std::memory_order_acquire); ++looks) {
    if (looks < kLooks) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
}

bool WorkerPool::do_part() {
  int part = 0;
  {
    const std::lock_guard lock(mutex_);
    if (next_ >= parts_) return false;
    part = next_++;
    if (next_ == parts_) is_open_ = false;
  }
  work_(part);
  const std::lock_guard lock(mutex_);
  if (++done_ == parts_) is_done_.store(true, std::memory_order_release);
  return true;
}

void WorkerPool::serve() {
  while (true) {
    for (int looks = 0; looks < kLooks && !is_open_.load(std::memory_order_relaxed); ++looks) pause();
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ends_ || next_ < parts_; });
      if (ends_) return;
    }
    while (do_part()) {
    }
  }
}

}  // namespace bitbalance::tlm_level
