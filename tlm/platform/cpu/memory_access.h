// What an instruction of RV64GC reads or writes: found from its bits, because the emulator does not say which
// instruction of a block an access came from.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace bitbalance::cpu {

using Registers = std::array<std::uint64_t, 32>;  ///< x0 to x31

/// Bytes of the instruction that begins with these 16 bits: 2 or 4.
constexpr unsigned instruction_bytes(std::uint16_t first) {
  return (first & 3) == 3 ? 4 : 2;
}

struct MemoryAccess {
  bool is_store = false;  ///< or atomic
  std::uint64_t address = 0;
  unsigned bytes = 0;
  std::optional<unsigned> source;  ///< the register that a store takes its value from, if one of x
};

/// Nothing: no load, store or atomic. `instruction`: upper half ignored when it is compressed.
std::optional<MemoryAccess> memory_access(std::uint32_t instruction, const Registers& x);

}  // namespace bitbalance::cpu
