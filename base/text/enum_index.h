// Arrays with an entry per enumerator.
#pragma once

#include <cstddef>
#include <type_traits>

namespace bitbalance {

/// The place of `value` in an array that has an entry per enumerator.
template <class Enum>
constexpr std::size_t enum_index(Enum value) {
  static_assert(std::is_enum_v<Enum>);
  return static_cast<std::size_t>(value);
}

}  // namespace bitbalance
