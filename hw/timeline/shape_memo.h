// What has been found out about a shape, so that it is found out once. A network's commands repeat a few
// shapes, in turns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "hw/timeline/names.h"

namespace bitbalance::timeline {

/// From shapes of `Fields` numbers to values, which stay where they are.
template <class Value, std::size_t Fields>
class ShapeMemo {
 public:
  using Shape = std::array<std::uint32_t, Fields>;

  ShapeMemo() = default;
  ShapeMemo(const ShapeMemo&) = delete;
  ShapeMemo& operator=(const ShapeMemo&) = delete;

  /// The value of `shape`; of a new one what `make()` returns.
  template <class Make>
  const Value& get(const Shape& shape, const Make& make) {
    const std::size_t hash = Hash()(shape);
    Entry*& recent = recent_[hash % recent_.size()];
    if (recent == nullptr || recent->first != shape) {
      auto entry = values_.find(shape);
      if (entry == values_.end()) entry = values_.emplace(shape, make()).first;
      recent = &*entry;
    }
    return recent->second;
  }

  /// nullptr: get() has not been asked.
  const Value* find(const Shape& shape) const {
    const Entry* const recent = recent_[Hash()(shape) % recent_.size()];
    if (recent != nullptr && recent->first == shape) return &recent->second;
    const auto entry = values_.find(shape);
    return entry == values_.end() ? nullptr : &entry->second;
  }

 private:
  struct Hash {
    std::size_t operator()(const Shape& shape) const {
      constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15u;
      std::uint64_t hash = 0;
      for (std::size_t i = 0; i + 1 < Fields; i += 2)
        hash = (hash ^ (shape[i] | std::uint64_t{shape[i + 1]} << 32)) * kFactor;
      if (Fields % 2 != 0) hash = (hash ^ shape[Fields - 1]) * kFactor;
      return hash >> 32;
    }
  };
  using Values = std::unordered_map<Shape, Value, Hash>;
  using Entry = typename Values::value_type;

  Values values_;
  std::array<Entry*, 128> recent_{};  ///< by hash: the last one asked for
};

}  // namespace bitbalance::timeline
