#include "hw/isa/describe/descriptions.h"

#include <fmt/format.h>

namespace bitbalance::isa {

std::string register_interface_version() {
  constexpr std::uint32_t kVersion = info(Register::kVersion).reset;
  return fmt::format("{}.{}", kVersion >> 16, kVersion & 0xffff);
}

const char* access_word(RegisterAccess access) {
  switch (access) {
    case RegisterAccess::kReadOnly:
      return "read-only";
    case RegisterAccess::kWriteOnly:
      return "write-only";
    case RegisterAccess::kReadWrite:
    case RegisterAccess::kWriteOneToClear:
      break;
  }
  return "read-write";
}

}  // namespace bitbalance::isa
