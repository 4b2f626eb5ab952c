// A file being written: whole, or not there at all. Whatever the disk refuses is told, at the latest when the
// file is closed.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace bitbalance {

class OutputFile {
 public:
  /// Takes the place of an earlier file only in close(). Devices, pipes and files in a folder that takes no
  /// others are written in place. Throws std::invalid_argument when the file cannot be created.
  explicit OutputFile(const std::filesystem::path& file);
  /// Without close(): nothing is left, and an earlier file stays.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Throws std::runtime_error with the system's reason, as close() does.
  void write(std::string_view bytes);
  void close();

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path file_;
  std::filesystem::path partial_;  ///< what is written; equal to file_ if that is no regular file
  std::FILE* stream_ = nullptr;
};

/// Is it called as what is written, and was left when the process was killed?
bool is_partial_name(const std::string& name);

void write_file(const std::filesystem::path& file, std::string_view bytes);

}  // namespace bitbalance
