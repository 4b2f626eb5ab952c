#include "tlm/accelerator/dma/direct_memory.h"

#include <iterator>

namespace bitbalance::tlm_level {

void DirectMemory::add(Access access, const Range& range) {
  Ranges& ranges = ranges_[enum_index(access)];
  cut(ranges, range.first, range.last);
  ranges.emplace(range.first, range);
}

void DirectMemory::forget(std::uint64_t first, std::uint64_t last) {
  for (Ranges& ranges : ranges_) cut(ranges, first, last);
}

void DirectMemory::cut(Ranges& ranges, std::uint64_t first, std::uint64_t last) {
  auto next = ranges.upper_bound(first);
  if (next != ranges.begin()) --next;
  while (next != ranges.end() && next->first <= last) {
    const Range whole = next->second;
    if (whole.last < first) {
      ++next;
      continue;
    }
    next = ranges.erase(next);
    if (whole.first < first) {
      Range left = whole;
      left.last = first - 1;
      ranges.emplace(left.first, left);
    }
    if (whole.last > last) {
      Range right = whole;
      right.first = last + 1;
      if (whole.data != nullptr) right.data = whole.at(right.first);
      ranges.emplace(right.first, right);
    }
  }
}

const DirectMemory::Range* DirectMemory::known(Access access, std::uint64_t address) const {
  const Ranges& ranges = of(access);
  const auto after = ranges.upper_bound(address);
  if (after == ranges.begin()) return nullptr;
  const Range& range = std::prev(after)->second;
  return address <= range.last ? &range : nullptr;
}

const DirectMemory::Range* DirectMemory::granted(Access access, std::uint64_t first,
                                                 std::uint64_t last) const {
  if (last < first) return nullptr;  // around the end of the address space
  const Range* const range = known(access, first);
  return range != nullptr && range->data != nullptr && last <= range->last ? range : nullptr;
}

}  // namespace bitbalance::tlm_level
