// A file being written: whole, or not there at all. Whatever the disk refuses is told, at the latest when the
// file is closed.
#pragma once

#include <cstdio>
#include <filesystem>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

#include "base/file/byte_sink.h"

namespace bitbalance {

class OutputFile : public ByteSink {
 public:
  enum class InPlace : bool { kRefused, kAllowed };

  /// Takes the place of an earlier file only in close(). Devices, pipes and files in a folder that takes no
  /// others are written in place, or refused. Throws std::invalid_argument when the file cannot be created.
  explicit OutputFile(const std::filesystem::path& file, InPlace in_place = InPlace::kAllowed);
  /// Without close(): nothing is left, and an earlier file stays.
  ~OutputFile() override;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Throws std::runtime_error with the system's reason, as close() does.
  void write(std::string_view bytes) override;
  void close() override;
  /// What close() puts in place: another program may write it anew instead.
  const std::filesystem::path& partial() const { return partial_; }
  /// For what is written to streams. What the disk refuses is told by close() then.
  std::ostream& stream() { return stream_of_bytes_; }

 private:
  class Buffer final : public std::streambuf {
   public:
    explicit Buffer(OutputFile& file) : file_(file) {}

   protected:
    std::streamsize xsputn(const char* bytes, std::streamsize count) override;
    int_type overflow(int_type byte) override;

   private:
    OutputFile& file_;
  };

  std::size_t put(std::string_view bytes);
  [[noreturn]] void fail() const;

  std::filesystem::path file_;
  std::filesystem::path partial_;  ///< what is written; equal to file_ if that is no regular file
  std::FILE* stream_ = nullptr;
  int refused_ = 0;  ///< the system's error at the first bytes that it did not take; 0: none
  Buffer buffer_{*this};
  std::ostream stream_of_bytes_{&buffer_};
};

/// Is it called as what is written, or as what another program that writes it keeps beside it, and was left
/// when the process was killed?
bool is_partial_name(const std::string& name);

void write_file(const std::filesystem::path& file, std::string_view bytes);

}  // namespace bitbalance
