#include "base/file/file_fingerprint.h"

#include <array>
#include <fstream>

#include "base/file/fingerprint.h"

namespace bitbalance {

std::uint64_t fingerprint_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::array<char, 1 << 16> part{};
  std::uint64_t result = fingerprint({});
  while (stream.read(part.data(), part.size()), stream.gcount() > 0)
    result = fingerprint({part.data(), static_cast<std::size_t>(stream.gcount())}, result);
  return result;
}

}  // namespace bitbalance
