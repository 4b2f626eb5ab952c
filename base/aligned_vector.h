// A vector that begins at a cache line, for loops over whole vector registers.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace bitbalance {

template <class T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kCacheLine{64};

  CacheLineAllocator() = default;
  template <class U>
  CacheLineAllocator(const CacheLineAllocator<U>& /*other*/) {}  // NOLINT: allocators convert

  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), kCacheLine)); }
  void deallocate(T* place, std::size_t /*count*/) { ::operator delete(place, kCacheLine); }
  friend bool operator==(const CacheLineAllocator& /*a*/, const CacheLineAllocator& /*b*/) { return true; }
  friend bool operator!=(const CacheLineAllocator& /*a*/, const CacheLineAllocator& /*b*/) { return false; }
};

template <class T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

}  // namespace bitbalance
