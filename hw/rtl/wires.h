// Values side by side, one per row, column or lane of the array, as bundles of wires carry them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "base/bits.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

/// Has room for the largest array. A copy moves only what the array at hand has, so that small ones do not
/// pay for large ones.
template <class T, std::size_t kMost>
class Wires {
 public:
  Wires() = default;
  Wires(const Wires& other) { *this = other; }
  Wires& operator=(const Wires& other) {
    if (this == &other) return *this;
    copied_ = other.copied_;
    for (std::size_t at = 0; at < copied_; at += kBlock)
      std::memcpy(&values_[at], &other.values_[at], kBlock * sizeof(T));
    return *this;
  }
  ~Wires() = default;

  /// From now on copies, and theirs, and fill() take the first `count` only; before, they take all.
  void use(int count) { copied_ = align_up(static_cast<std::size_t>(count), kBlock); }

  T& operator[](std::size_t i) { return values_[i]; }
  const T& operator[](std::size_t i) const { return values_[i]; }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }
  T* begin() { return data(); }
  const T* begin() const { return data(); }
  void fill(const T& value) { std::fill_n(begin(), copied_, value); }

 private:
  static constexpr std::size_t kBlock = 64 / sizeof(T);  ///< values that one operation moves
  static_assert(kMost % kBlock == 0 && std::is_trivially_copyable_v<T>);

  std::size_t copied_ = kMost;
  std::array<T, kMost> values_{};
};

}  // namespace bitbalance::rtl
