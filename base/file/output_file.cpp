#include "base/file/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/text/number.h"

namespace bitbalance {
namespace fs = std::filesystem;
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

constexpr std::string_view kPartial = ".bitbalance-";

/// A new file in `folder`, its name in `path`.
int create_beside(const fs::path& folder, fs::path& path) {
  for (int i = 0;; ++i) {
    path = folder / fmt::format("{}{}", kPartial, i);
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0 || errno != EEXIST) return descriptor;
  }
}

}  // namespace

OutputFile::OutputFile(const fs::path& file, InPlace in_place) : file_(file), partial_(file) {
  struct stat found {};
  const auto refuse = [&] {
    throw std::invalid_argument(fmt::format("{}: cannot be written: {}", file.string(), reason(errno)));
  };
  const bool exists = ::stat(file.c_str(), &found) == 0;
  if (!exists && errno != ENOENT) refuse();
  std::error_code ignored;
  const bool is_link = fs::is_symlink(fs::symlink_status(file, ignored));
  int descriptor = -1;
  const bool is_regular = exists ? S_ISREG(found.st_mode) && ::access(file.c_str(), W_OK) == 0 : !is_link;
  if (is_regular) {
    if (is_link) file_ = fs::canonical(file, ignored);
    descriptor = create_beside(file_.parent_path().empty() ? "." : file_.parent_path(), partial_);
    if (descriptor >= 0 && exists) ::fchmod(descriptor, found.st_mode & 0777U);
  }
  const bool takes_no_other = descriptor < 0 && exists && (errno == EACCES || errno == EROFS);
  if (!is_regular || takes_no_other) {
    if (in_place == InPlace::kRefused) {
      throw std::invalid_argument(fmt::format(
          "{}: cannot be replaced; accepted: a regular file, in a folder that takes others", file.string()));
    }
    partial_ = file_;
    descriptor = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  }
  if (descriptor < 0) refuse();
  stream_ = ::fdopen(descriptor, "wb");
  if (stream_ != nullptr) return;
  const int error = errno;
  ::close(descriptor);
  if (partial_ != file_) ::unlink(partial_.c_str());
  errno = error;
  refuse();
}

OutputFile::~OutputFile() {
  if (stream_ == nullptr) return;
  std::fclose(stream_);
  if (partial_ != file_) ::unlink(partial_.c_str());
}

std::size_t OutputFile::put(std::string_view bytes) {
  if (bytes.empty()) return 0;  // from no address, maybe
  const std::size_t taken = std::fwrite(bytes.data(), 1, bytes.size(), stream_);
  if (taken != bytes.size() && refused_ == 0) refused_ = errno;
  return taken;
}

std::streamsize OutputFile::Buffer::xsputn(const char* bytes, std::streamsize count) {
  return static_cast<std::streamsize>(file_.put({bytes, static_cast<std::size_t>(count)}));
}

OutputFile::Buffer::int_type OutputFile::Buffer::overflow(int_type byte) {
  if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
  const char one = traits_type::to_char_type(byte);
  return file_.put({&one, 1}) == 1 ? byte : traits_type::eof();
}

void OutputFile::write(std::string_view bytes) {
  put(bytes);
  if (refused_ == 0) return;
  errno = refused_;
  fail();
}

void OutputFile::close() {
  if (refused_ != 0) errno = refused_;
  if (refused_ != 0 || std::fflush(stream_) != 0) fail();
  // Some file systems refuse only now; the stream stays open, so that a failure still removes the file.
  const int copy = ::dup(::fileno(stream_));
  if (copy < 0 || ::close(copy) != 0) fail();
  if (partial_ != file_) {
    struct stat created {};  // another program may have written it anew
    if (::fstat(::fileno(stream_), &created) == 0) ::chmod(partial_.c_str(), created.st_mode & 0777U);
    if (::rename(partial_.c_str(), file_.c_str()) != 0) fail();
  }
  std::fclose(std::exchange(stream_, nullptr));
}

void OutputFile::fail() const {
  throw std::runtime_error(fmt::format("{}: cannot be written: {}", file_.string(), reason(errno)));
}

bool is_partial_name(const std::string& name) {
  const std::string stem = fs::path(name).stem().string();
  return stem.rfind(kPartial, 0) == 0 && whole_number(stem.substr(kPartial.size()), 0).has_value();
}

void write_file(const fs::path& file, std::string_view bytes) {
  OutputFile output(file);
  output.write(bytes);
  output.close();
}

}  // namespace bitbalance
