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
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    const std::size_t before = align_up(address, page) - address;
    if (bytes < before) return;
    begin_ = static_cast<char*>(block) + before;
    bytes_ = (bytes - before) / page * page;
  }

  std::size_t bytes() const { return bytes_; }

  /// Gives them back: what they held is gone, and they are zero when they are used again.
  void give_back() const { advise(begin_, bytes_, MADV_DONTNEED); }

  /// Has them there before they are used, by `threads` as in parallel_for: the system clears a new page,
  /// which for many takes its time. A system that cannot do so does it page by page later.
  void fetch(int threads) const {
#ifdef MADV_POPULATE_WRITE
    constexpr std::size_t kPart = std::size_t{8} << 20;
    parallel_for(static_cast<int>(ceil_div(bytes_, kPart)), threads, [&](int part) {
      const std::size_t from = static_cast<std::size_t>(part) * kPart;
      advise(begin_ + from, std::min(kPart, bytes_ - from), MADV_POPULATE_WRITE);
    });
#else
    static_cast<void>(threads);
#endif
  }

 private:
  static void advise(char* begin, std::size_t bytes, int advice) {
    if (bytes > 0) static_cast<void>(madvise(begin, bytes, advice));
  }

  char* begin_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace bitbalance
