// The program's memory: blocks of many megabytes are offered to the system's huge pages. Weights and
// activations of a network are allocated, filled once and freed, layer by layer; a page of 4 KB at a time,
// most of that is page faults.
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

constexpr std::size_t kHugePage = std::size_t{1} << 21;
constexpr std::size_t kLarge = 4 * kHugePage;

void* allocate(std::size_t bytes) {
  if (bytes < kLarge || bytes > PTRDIFF_MAX - kHugePage) return std::malloc(bytes == 0 ? 1 : bytes);
  void* const block = std::aligned_alloc(kHugePage, (bytes + kHugePage - 1) / kHugePage * kHugePage);
  if (block != nullptr) madvise(block, bytes, MADV_HUGEPAGE);  // a system without them has others
  return block;
}

}  // namespace

void* operator new(std::size_t bytes) {
  for (;;) {
    if (void* const block = allocate(bytes)) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void operator delete(void* block) noexcept {
  std::free(block);
}

void operator delete(void* block, std::size_t /*bytes*/) noexcept {
  std::free(block);
}
