// A short mark of a name's or a file's bytes, to tell two apart; no protection against malice.
#pragma once

#include <cstdint>
#include <string_view>

namespace bitbalance {

/// 64-bit FNV-1a; a long text can be taken in pieces, each with the fingerprint of those before.
inline std::uint64_t fingerprint(std::string_view bytes, std::uint64_t before = 0xcbf29ce484222325) {
  for (const char c : bytes) before = (before ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return before;
}

}  // namespace bitbalance
