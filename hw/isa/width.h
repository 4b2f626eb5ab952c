// The two widths of the machine's data.
#pragma once

#include <cstdint>

#include "hw/isa/names.h"

namespace bitbalance::isa {

/// Width of an activation in a buffer, and with it of a lane of the PE array: a PE is one lane of 16 bits or
/// two of 8.
enum class Width : std::uint8_t { k8, k16 };

/// `bits`: 8 or 16.
constexpr Width width_of(int bits) {
  return bits == 16 ? Width::k16 : Width::k8;
}

constexpr std::uint32_t element_bytes(Width width) {
  return width == Width::k16 ? 2 : 1;
}

}  // namespace bitbalance::isa
