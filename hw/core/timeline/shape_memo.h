// What has been found out about a shape, so that it is found out once. A network's commands repeat a few
// shapes, mostly the one before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace bitbalance {

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
    if (last_ != nullptr && shape == last_->first) return last_->second;
    auto entry = values_.find(shape);
    if (entry == values_.end()) entry = values_.emplace(shape, make()).first;
    last_ = &*entry;
    return last_->second;
  }

 private:
  struct Hash {
    std::size_t operator()(const Shape& shape) const {
      std::uint64_t hash = 0;
      for (const std::uint32_t field : shape) {
        hash = (hash ^ field) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
      }
      return hash;
    }
  };
  using Values = std::unordered_map<Shape, Value, Hash>;

  Values values_;
  const typename Values::value_type* last_ = nullptr;  ///< asked for
};

}  // namespace bitbalance
