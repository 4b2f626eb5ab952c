// Memory of large blocks, by the pages that the system hands out and takes back.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/bits.h"
#include "base/process/parallel.h"

namespace bitbalance {

/// The whole pages within a block.
class Pages {
 public:
  Pages(void* block, std::size_t bytes) {
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    begin_ = align_up(address, page);
    end_ = std::max(begin_, (address + bytes) / page * page);
  }

  std::size_t bytes() const { return end_ - begin_; }

  /// Gives them back: what they held is gone, and they are zero when they are used again.
  void give_back() const { advise(begin_, end_, MADV_DONTNEED); }

  /// Has them there before they are used, by `threads` as in parallel_for: the system clears a new page,
  /// which for many takes its time. A system that cannot do so does it page by page later.
  void fetch(int threads) const {
#ifdef MADV_POPULATE_WRITE
    constexpr std::size_t kPart = std::size_t{8} << 20;
    parallel_for(static_cast<int>(ceil_div(bytes(), kPart)), threads, [&](int part) {
      const std::uintptr_t from = begin_ + static_cast<std::size_t>(part) * kPart;
      advise(from, std::min(from + kPart, end_), MADV_POPULATE_WRITE);
    });
#else
    static_cast<void>(threads);
#endif
  }

 private:
  static void advise(std::uintptr_t begin, std::uintptr_t end, int advice) {
    if (begin < end) static_cast<void>(madvise(reinterpret_cast<void*>(begin), end - begin, advice));
  }

  std::uintptr_t begin_ = 0, end_ = 0;  ///< addresses
};

}  // namespace bitbalance
