// Bit fields of a verilated model's ports and registers, whatever type Verilator gave them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <systemc>

// Where Verilator's headers see SystemC they want this name without its namespace.
using sc_core::sc_time_stamp;

#include <verilated.h>

namespace bitbalance::rtl::test {

/// Puts `bits` (1..64) of `value` at bit `at`.
template <std::size_t Words>
void put(VlWide<Words>& port, int at, int bits, std::uint64_t value) {
  for (int i = 0; i < bits; ++i) {
    const int bit = at + i;
    EData& word = port[static_cast<std::size_t>(bit / 32)];
    const EData mask = EData{1} << bit % 32;
    word = (value >> i & 1) != 0 ? word | mask : word & ~mask;
  }
}
template <class Scalar>
void put(Scalar& port, int at, int bits, std::uint64_t value) {
  const std::uint64_t mask = (bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1) << at;
  port = static_cast<Scalar>((static_cast<std::uint64_t>(port) & ~mask) | (value << at & mask));
}

/// `bits` (1..64) from bit `at` on.
template <std::size_t Words>
std::uint64_t get(const VlWide<Words>& port, int at, int bits) {
  std::uint64_t value = 0;
  for (int i = 0; i < bits; ++i) {
    const int bit = at + i;
    value |= std::uint64_t{port[static_cast<std::size_t>(bit / 32)] >> bit % 32 & 1} << i;
  }
  return value;
}
template <class Scalar>
std::uint64_t get(const Scalar& port, int at, int bits) {
  const std::uint64_t mask = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  return static_cast<std::uint64_t>(port) >> at & mask;
}

/// A register that public.vlt names, found by its name in the Verilog. Throws std::logic_error: there is
/// none.
class TwinRegister {
 public:
  TwinRegister() = default;
  /// `scope`: below the model, "pe_array.g_loops.grid".
  TwinRegister(const std::string& model, const std::string& scope, const std::string& name);

  /// `bits` (1..64) from bit `at` on; of element `index` of a memory.
  std::uint64_t bits(int at, int bits, int index = 0) const;
  std::uint64_t value() const { return bits(0, width_); }
  int width() const { return width_; }

 private:
  const std::uint8_t* data_ = nullptr;
  int width_ = 0;  ///< of an element, 1..64 where value() is used
  int element_bytes_ = 0;
};

}  // namespace bitbalance::rtl::test
