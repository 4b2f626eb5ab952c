// What a block of a layer is told apart by, as numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "hw/compiler/mapper.h"

namespace bitbalance::compiler {

using MappingKey = std::array<std::uint32_t, 7>;

/// All that is chosen, without what it is chosen for: the layer's name and the batch.
inline MappingKey key_of(const LayerMapping& mapping) {
  const auto number = [](auto value) { return static_cast<std::uint32_t>(value); };
  // These name every member: with one more they do not compile.
  const auto& [layer, images, rows, columns, conv_groups, output_channels, channels, order, batch] = mapping;
  return {number(images),          number(rows),     number(columns), number(conv_groups),
          number(output_channels), number(channels), number(order)};
}

/// The key, and further numbers that matter besides.
template <class... Numbers>
std::array<std::uint32_t, std::tuple_size_v<MappingKey> + sizeof...(Numbers)> key_of(
    const LayerMapping& mapping, Numbers... more) {
  return std::apply(
      [&](auto... numbers) {
        return std::array<std::uint32_t, std::tuple_size_v<MappingKey> + sizeof...(Numbers)>{
            numbers..., static_cast<std::uint32_t>(more)...};
      },
      key_of(mapping));
}

}  // namespace bitbalance::compiler
