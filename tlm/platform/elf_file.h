// A program for the processor: what an ELF file of RV64 wants to have in memory before the first instruction.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "tlm/platform/names.h"

namespace bitbalance::platform {

struct ElfSegment {
  std::uint64_t address = 0;  ///< physical
  std::vector<std::uint8_t> bytes;
};

struct ElfFile {
  std::filesystem::path name;
  std::uint64_t entry = 0;
  std::vector<ElfSegment> segments;
};

/// Throws std::invalid_argument, in one line: no file, no ELF file of RV64, cut off.
ElfFile read_elf(const std::filesystem::path& file);

}  // namespace bitbalance::platform
