#include "tlm/platform/cpu/memory_access.h"

namespace bitbalance::cpu {
namespace {

/// Bits [high:low] of an instruction, at bit `to` of the result.
constexpr std::uint64_t bits(std::uint32_t instruction, unsigned high, unsigned low, unsigned to = 0) {
  return (std::uint64_t{instruction} >> low & ((std::uint64_t{1} << (high - low + 1)) - 1)) << to;
}

constexpr std::uint64_t sign_extended(std::uint64_t value, unsigned sign_bit) {
  const std::uint64_t sign = std::uint64_t{1} << sign_bit;
  return (value ^ sign) - sign;
}

std::optional<unsigned> x_source(bool is_x, std::uint64_t index) {
  if (!is_x) return std::nullopt;
  return static_cast<unsigned>(index);
}

// Immediate and opcode tables: The RISC-V Instruction Set Manual, volume I, "RV32/64G" and "C".
std::optional<MemoryAccess> full(std::uint32_t i, const Registers& x) {
  const std::uint64_t base = x[bits(i, 19, 15)];
  const unsigned bytes = 1u << bits(i, 13, 12);
  switch (i & 0x7f) {
    case 0x03:  // loads
    case 0x07:
      return MemoryAccess{false, base + sign_extended(bits(i, 31, 20), 11), bytes, std::nullopt};
    case 0x23:  // stores
    case 0x27: {
      const std::uint64_t address = base + sign_extended(bits(i, 31, 25, 5) | bits(i, 11, 7), 11);
      return MemoryAccess{true, address, bytes, x_source((i & 0x7f) == 0x23, bits(i, 24, 20))};
    }
    case 0x2f: {  // atomics; lr only reads
      constexpr std::uint64_t kLoadReserved = 2;
      return MemoryAccess{bits(i, 31, 27) != kLoadReserved, base, bytes, std::nullopt};
    }
    default:
      return std::nullopt;
  }
}

std::optional<MemoryAccess> compressed(std::uint32_t i, const Registers& x) {
  const std::uint64_t quadrant = bits(i, 1, 0);
  const std::uint64_t function = bits(i, 15, 13);
  const bool is_store = function >= 5;  // fld, lw, ld: 1 to 3
  const bool is_word = function == 2 || function == 6;
  const unsigned bytes = is_word ? 4 : 8;
  const bool has_x_source = function >= 6;  // 5: fsd
  if (function == 0 || function == 4 || quadrant == 1) return std::nullopt;
  if (quadrant == 0) {
    const std::uint64_t base = x[8 + bits(i, 9, 7)];
    const std::uint64_t offset =
        bits(i, 12, 10, 3) | (is_word ? bits(i, 6, 6, 2) | bits(i, 5, 5, 6) : bits(i, 6, 5, 6));
    return MemoryAccess{is_store, base + offset, bytes, x_source(has_x_source, 8 + bits(i, 4, 2))};
  }
  constexpr std::size_t kStackPointer = 2;
  std::uint64_t offset = 0;
  if (is_store) {
    offset = is_word ? bits(i, 12, 9, 2) | bits(i, 8, 7, 6) : bits(i, 12, 10, 3) | bits(i, 9, 7, 6);
  } else {
    offset = bits(i, 12, 12, 5) |
             (is_word ? bits(i, 6, 4, 2) | bits(i, 3, 2, 6) : bits(i, 6, 5, 3) | bits(i, 4, 2, 6));
  }
  return MemoryAccess{is_store, x[kStackPointer] + offset, bytes, x_source(has_x_source, bits(i, 6, 2))};
}

}  // namespace

std::optional<MemoryAccess> memory_access(std::uint32_t instruction, const Registers& x) {
  return instruction_bytes(static_cast<std::uint16_t>(instruction)) == 4 ? full(instruction, x)
                                                                         : compressed(instruction, x);
}

}  // namespace bitbalance::cpu
