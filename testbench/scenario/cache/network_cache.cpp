#include "testbench/scenario/cache/network_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <system_error>
#include <vector>

#include "base/file/fingerprint.h"
#include "base/file/output_file.h"
#include "quant/ir/file/network_record.h"

namespace bitbalance::scenario {
namespace fs = std::filesystem;
namespace {

constexpr const char* kExtension = ".network";

/// So old, a file that was being written belongs to a process that was killed.
constexpr std::chrono::hours kAbandoned{1};

struct Entry {
  fs::path file;
  fs::file_time_type used;
  std::uint64_t bytes = 0;
};

/// What the folder holds of ours, the one used last first.
std::vector<Entry> entries_in(const fs::path& folder) {
  std::vector<Entry> entries;
  const fs::file_time_type abandoned = fs::file_time_type::clock::now() - kAbandoned;
  for (const fs::directory_entry& found : fs::directory_iterator(folder)) {
    // Another process may take it away meanwhile.
    std::error_code gone;
    const Entry entry = {found.path(), found.last_write_time(gone), found.file_size(gone)};
    if (gone) continue;
    if (entry.file.extension() == kExtension) {
      entries.push_back(entry);
    } else if (is_partial_name(entry.file.filename().string()) && entry.used < abandoned) {
      fs::remove(entry.file, gone);
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used > b.used; });
  return entries;
}

std::optional<QuantizedNetwork> read_entry(const fs::path& file, const std::string& key) {
  std::ifstream stream(file, std::ios::binary);
  const auto read = [&](char* bytes, std::size_t count) {
    return static_cast<bool>(stream.read(bytes, static_cast<std::streamsize>(count)));
  };
  std::string found(key.size() + 1, '\0');
  if (!read(found.data(), found.size()) || found != key + '\n') return {};
  std::optional<QuantizedNetwork> network = read_record(read);
  if (network) validate(*network);
  return network;
}

}  // namespace

fs::path NetworkCache::file_of(const std::string& key) const {
  return folder_ / fmt::format("{:016x}{}", fingerprint(key), kExtension);
}

std::optional<QuantizedNetwork> NetworkCache::find(const std::string& key) const {
  const fs::path file = file_of(key);
  try {
    std::optional<QuantizedNetwork> network = read_entry(file, key);
    std::error_code ignored;  // of a folder that is only read
    if (network) fs::last_write_time(file, fs::file_time_type::clock::now(), ignored);
    return network;
  } catch (const std::exception&) {
    return {};
  }
}

void NetworkCache::store(const std::string& key, const QuantizedNetwork& network) const {
  try {
    fs::create_directories(folder_);
    OutputFile file(file_of(key));
    file.write(key + '\n');
    write_record(network, [&](std::string_view bytes) { file.write(bytes); });
    file.close();
    make_room();
  } catch (const std::exception&) {
    // The next run makes the network once more.
  }
}

void NetworkCache::make_room() const {
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries_in(folder_)) {
    bytes += entry.bytes;
    std::error_code gone;
    if (bytes > most_bytes_) fs::remove(entry.file, gone);
  }
}

std::optional<fs::path> user_cache_folder() {
  // NOLINTBEGIN(concurrency-mt-unsafe): nobody changes the environment
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  // NOLINTEND(concurrency-mt-unsafe)
  if (cache != nullptr && fs::path(cache).is_absolute()) return fs::path(cache) / "bitbalance";
  if (home != nullptr && fs::path(home).is_absolute()) return fs::path(home) / ".cache" / "bitbalance";
  return {};
}

}  // namespace bitbalance::scenario
