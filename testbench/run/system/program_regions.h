// Where programs lie in memory: what the driver writes to the base registers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/bits.h"
#include "hw/isa/program/program.h"
#include "testbench/run/names.h"

namespace bitbalance::runner {

struct ProgramRegions {
  std::uint64_t constants_base = 0;
  std::uint32_t constants_bytes = 0;
  std::uint64_t data_base = 0;
  std::uint32_t data_bytes = 0;
};

/// What lies in memory begins at a page of 4,096 bytes: the next such address.
inline std::uint64_t page_aligned(std::uint64_t bytes) {
  constexpr std::uint64_t kPage = 4096;
  return align_up(bytes, kPage);
}

/// The constants of all programs, one after the other from address 0 on; then the data, which they share.
class MemoryLayout {
 public:
  /// Returns the address of its constants.
  std::uint64_t add(const Program& program) {
    const std::uint64_t base = data_base_;
    data_base_ += page_aligned(program.constants_bytes);
    data_bytes_ = std::max<std::uint64_t>(data_bytes_, program.data_bytes);
    return base;
  }
  /// Once all are added. `constants_base`: what add() returned.
  ProgramRegions regions(const Program& program, std::uint64_t constants_base) const {
    return {constants_base, program.constants_bytes, data_base_, program.data_bytes};
  }
  std::uint64_t data_base() const { return data_base_; }
  std::uint64_t memory_bytes() const { return data_base_ + page_aligned(data_bytes_); }

 private:
  std::uint64_t data_base_ = 0, data_bytes_ = 0;
};

}  // namespace bitbalance::runner
