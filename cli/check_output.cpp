#include "cli/check_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/file/output_file.h"
#include "base/text/outside_text.h"
#include "quant/eval/images/npz_file.h"
#include "testbench/report/folder/manifest.h"
#include "testbench/scenario/scenario.h"

namespace bitbalance::cli {

namespace fs = std::filesystem;

namespace {

fs::path settled(const fs::path& file) {
  std::error_code ignored;
  return fs::weakly_canonical(fs::absolute(file, ignored), ignored);
}

bool is_same(const fs::path& a, const fs::path& b) {
  std::error_code ignored;
  return fs::equivalent(a, b, ignored) || settled(a) == settled(b);
}

bool lies_in(const fs::path& file, const fs::path& folder) {
  const fs::path inner = settled(file).lexically_relative(settled(folder));
  return !inner.empty() && *inner.begin() != "..";
}

/// The text at `at` of a protobuf, behind its length: seven bits a byte, the lowest first.
std::string text_at(const std::string& bytes, std::size_t at) {
  std::size_t length = 0;
  for (unsigned shift = 0; at < bytes.size() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    length |= std::size_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return bytes.substr(at, length);
  }
  return "";
}

/// A model names the files in its folder that hold its data: in entries with the key "location".
bool is_data_of(const fs::path& file, const fs::path& model) {
  constexpr std::size_t kLargestModel = std::size_t{1} << 32;
  if (model.extension() != kModelExtension || !lies_in(file, model.parent_path())) return false;
  const std::optional<std::string> bytes = read_bytes(model, kLargestModel);
  if (!bytes) return false;
  // A StringStringEntryProto: the key with its length, then the tag of the value.
  constexpr std::string_view kEntry = "\x0a\x08location\x12";
  std::set<std::string> locations;
  for (std::size_t at = bytes->find(kEntry); at != std::string::npos; at = bytes->find(kEntry, at + 1))
    locations.insert(text_at(*bytes, at + kEntry.size()));
  return std::any_of(locations.begin(), locations.end(), [&](const std::string& location) {
    return is_same(file, model.parent_path() / location);
  });
}

/// Precondition: the file is there.
bool is_read_from(const fs::path& file, const fs::path& place) {
  std::error_code ignored;
  if (fs::is_directory(place, ignored)) return lies_in(file, place);
  return is_same(file, eval::is_in_archive(place) ? place.parent_path() : place) || is_data_of(file, place);
}

bool is_result(const fs::path& file) {
  const fs::path place = settled(file);
  const std::optional<Manifest> results = read_manifest(place.parent_path());
  const std::string name = place.filename().string();
  return results && (name == Manifest::kFile || results->files.count(name) != 0);
}

}  // namespace

void check_outputs(const std::vector<OutputOption>& outputs, const std::set<fs::path>& read) {
  for (auto output = outputs.begin(); output != outputs.end(); ++output) {
    const fs::path& file = output->file;
    std::error_code ignored;
    const bool is_there = fs::exists(file, ignored);
    if (file.empty()) continue;
    if (fs::is_directory(file, ignored))
      throw SettingsError(fmt::format("{} {}: is a folder; accepted: a file", output->option, file.string()));
    // Devices and pipes take what comes.
    if (is_there && !fs::is_regular_file(file, ignored)) continue;
    const auto refuse = [&](const char* what) {
      throw SettingsError(
          fmt::format("{} {}: is {}; accepted: another file", output->option, file.string(), what));
    };
    const bool is_other = std::any_of(outputs.begin(), output,
                                      [&](const OutputOption& earlier) {
                                        return !earlier.file.empty() && is_same(file, earlier.file);
                                      }) ||
                          std::any_of(read.begin(), read.end(), [&](const fs::path& place) {
                            return is_there ? is_read_from(file, place) : settled(file) == settled(place);
                          });
    if (is_other) refuse("read or written by this command");
    if (is_result(file)) refuse("a result of an earlier command");
  }
  for (const OutputOption& output : outputs) {
    std::error_code ignored;
    const fs::file_type type = fs::symlink_status(output.file, ignored).type();
    if (!output.file.empty() && type == fs::file_type::not_found)
      const OutputFile made(output.file);  // and removed again
  }
}

}  // namespace bitbalance::cli
