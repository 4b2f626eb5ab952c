#include "tlm/platform/elf_file.h"

#include <elf.h>
#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/text/outside_text.h"

namespace bitbalance::platform {
namespace {

constexpr std::size_t kMost = std::size_t{1} << 24;  // bytes of a file

/// The structure at `offset`.
template <class T>
T at(const std::string& file, std::uint64_t offset, const std::filesystem::path& name) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) {
    throw std::invalid_argument(
        fmt::format("{}: ends after {} bytes; accepted: a whole ELF file", name.string(), file.size()));
  }
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

}  // namespace

ElfFile read_elf(const std::filesystem::path& name) {
  const std::optional<std::string> read = read_bytes(name, kMost);
  if (!read) {
    throw std::invalid_argument(
        fmt::format("{}: {}; accepted: an ELF file", name.string(), unreadable(name)));
  }
  const std::string& file = *read;
  const auto header = at<Elf64_Ehdr>(file, 0, name);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_RISCV || header.e_type != ET_EXEC) {
    throw std::invalid_argument(fmt::format(
        "{}: is something else; accepted: an executable ELF file of 64-bit RISC-V", name.string()));
  }
  ElfFile result;
  result.name = name;
  result.entry = header.e_entry;
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = at<Elf64_Phdr>(file, header.e_phoff + i * sizeof(Elf64_Phdr), name);
    if (segment.p_type != PT_LOAD || segment.p_filesz == 0) continue;
    if (segment.p_offset > file.size() || segment.p_filesz > file.size() - segment.p_offset) {
      throw std::invalid_argument(
          fmt::format("{}: ends after {} bytes; accepted: a whole ELF file", name.string(), file.size()));
    }
    const auto first = file.begin() + static_cast<std::ptrdiff_t>(segment.p_offset);
    result.segments.push_back(
        {segment.p_paddr,
         std::vector<std::uint8_t>(first, first + static_cast<std::ptrdiff_t>(segment.p_filesz))});
  }
  return result;
}

}  // namespace bitbalance::platform
