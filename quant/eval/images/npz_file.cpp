#include "quant/eval/images/npz_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zip.h>

#include <array>
#include <cstdint>
#include <limits>
#include <streambuf>
#include <string>
#include <vector>

#include "base/text/nearest_word.h"
#include "quant/eval/images/refusal.h"

namespace bitbalance::eval {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".npy";

class Archive {
 public:
  explicit Archive(fs::path file) : file_(std::move(file)) {
    int code = 0;
    zip_.reset(zip_open(file_.c_str(), ZIP_RDONLY, &code));
    if (zip_ != nullptr) return;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    eval::refuse(file_, why + "; accepted: an NPZ file");
  }

  const fs::path& file() const { return file_; }
  zip_t* get() const { return zip_.get(); }

  /// Without the suffix.
  std::vector<std::string> arrays() const {
    std::vector<std::string> names;
    const zip_int64_t count = zip_get_num_entries(get(), 0);
    for (zip_int64_t i = 0; i < count; ++i) {
      const char* const raw = zip_get_name(get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
      const std::string name = raw == nullptr ? "" : raw;
      const bool is_array = name.size() > kSuffix.size() &&
                            name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0;
      names.push_back(is_array ? name.substr(0, name.size() - kSuffix.size()) : "");
    }
    return names;
  }

 private:
  fs::path file_;
  std::unique_ptr<zip_t, void (*)(zip_t*)> zip_{nullptr, zip_discard};
};

/// Unpacks as it is read.
class MemberBuffer : public std::streambuf {
 public:
  MemberBuffer(Archive archive, zip_uint64_t index)
      : archive_(std::move(archive)), member_(zip_fopen_index(archive_.get(), index, 0), close) {
    if (member_ == nullptr) eval::refuse(archive_.file(), zip_strerror(archive_.get()));
  }

 protected:
  int_type underflow() override {
    const zip_int64_t count = zip_fread(member_.get(), bytes_.data(), bytes_.size());
    if (count < 0) eval::refuse(archive_.file(), zip_file_strerror(member_.get()));
    if (count == 0) return traits_type::eof();
    setg(bytes_.data(), bytes_.data(), bytes_.data() + count);
    return traits_type::to_int_type(bytes_.front());
  }

 private:
  static void close(zip_file_t* member) { zip_fclose(member); }

  Archive archive_;
  std::unique_ptr<zip_file_t, void (*)(zip_file_t*)> member_;
  std::array<char, 1U << 16> bytes_{};
};

class MemberStream : public std::istream {
 public:
  MemberStream(Archive archive, zip_uint64_t index)
      : std::istream(nullptr), buffer_(std::move(archive), index) {
    rdbuf(&buffer_);
    exceptions(std::ios::badbit);  // what the buffer throws
  }

 private:
  MemberBuffer buffer_;
};

}  // namespace

bool is_in_archive(const fs::path& place) {
  std::error_code ignored;
  return place.has_parent_path() && fs::is_regular_file(place.parent_path(), ignored);
}

ByteStream open_npz(const fs::path& place) {
  const bool is_named = is_in_archive(place);
  Archive archive(is_named ? place.parent_path() : place);
  const std::vector<std::string> names = archive.arrays();
  std::vector<std::string> arrays;
  std::vector<zip_uint64_t> found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    arrays.push_back(names[i]);
    if (!is_named || names[i] == place.filename()) found.push_back(i);
  }
  const auto refuse = [&](const std::string& problem) {
    eval::refuse(archive.file(), fmt::format("{}; accepted: {}/NAME, of [{}]", problem,
                                             archive.file().filename().string(), fmt::join(arrays, ", ")));
  };
  if (is_named && found.empty()) {
    const std::string name = place.filename().string();
    refuse(fmt::format("holds no array '{}'{}", name, suggestion(name, arrays)));
  }
  if (found.size() != 1)
    refuse(fmt::format("holds {} arrays{}", found.size(), is_named ? " of this name" : ""));
  zip_stat_t about;
  if (zip_stat_index(archive.get(), found.front(), 0, &about) != 0 || (about.valid & ZIP_STAT_SIZE) == 0 ||
      about.size > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    eval::refuse(archive.file(), "does not tell a possible size of what it holds");
  }
  const auto size = static_cast<std::int64_t>(about.size);
  return {std::make_unique<MemberStream>(std::move(archive), found.front()), size};
}

}  // namespace bitbalance::eval
