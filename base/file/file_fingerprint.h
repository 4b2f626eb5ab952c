// The fingerprint of what a file holds.
#pragma once

#include <cstdint>
#include <filesystem>

namespace bitbalance {

/// fingerprint() of all bytes; that of none where the file cannot be read.
std::uint64_t fingerprint_of(const std::filesystem::path& file);

}  // namespace bitbalance
