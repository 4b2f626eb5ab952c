// ZIP archives as numpy.savez() and numpy.savez_compressed() write them. Links libzip.
#pragma once

#include <zip.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/names.h"

namespace bitbalance::test {

/// Names and contents, in the order of the archive.
using ZipMembers = std::vector<std::pair<std::string, std::string>>;

/// Replaces what is at `file`.
inline void write_zip(const std::filesystem::path& file, const ZipMembers& members, bool is_compressed) {
  zip_t* const archive = zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  for (const auto& [name, bytes] : members) {
    zip_source_t* const source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    const auto index = static_cast<zip_uint64_t>(zip_file_add(archive, name.c_str(), source, 0));
    zip_set_file_compression(archive, index, is_compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  if (archive == nullptr || zip_close(archive) != 0)
    throw std::runtime_error(file.string() + ": not written");
}

}  // namespace bitbalance::test
