// A file for readers that want a path.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/names.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::fuzz {

class ScratchFile {
 public:
  explicit ScratchFile(const std::string& name) : path_(folder_.path() / name) {}

  const std::filesystem::path& path() const { return path_; }
  /// The path of a file with these bytes, until the next.
  const std::filesystem::path& with(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
    return path_;
  }

 private:
  TemporaryFolder folder_;
  std::filesystem::path path_;
};

}  // namespace bitbalance::fuzz
