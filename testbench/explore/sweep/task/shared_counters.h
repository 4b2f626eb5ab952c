// Numbers that this process and those it forks see alike.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>
#include <system_error>

#include "testbench/explore/names.h"

namespace bitbalance::explore {

class SharedCounters {
 public:
  using Counter = std::atomic<std::uint64_t>;
  static_assert(Counter::is_always_lock_free, "shared by processes");

  /// All 0. Throws std::system_error when the system has no memory.
  explicit SharedCounters(std::size_t count) : bytes_(count * sizeof(Counter)) {
    memory_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "no shared memory");
    counters_ = new (memory_) Counter[count]{};
  }
  ~SharedCounters() { ::munmap(memory_, bytes_); }
  SharedCounters(const SharedCounters&) = delete;
  SharedCounters& operator=(const SharedCounters&) = delete;

  Counter& operator[](std::size_t index) { return counters_[index]; }

 private:
  std::size_t bytes_;
  void* memory_ = nullptr;
  Counter* counters_ = nullptr;
};

}  // namespace bitbalance::explore
