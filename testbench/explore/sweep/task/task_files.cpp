#include "testbench/explore/sweep/task/task_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/file/output_file.h"
#include "base/text/outside_text.h"
#include "base/text/split.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::explore {
namespace {

constexpr const char* kListEnd = ".task";
constexpr const char* kShardEnd = ".sqlite";
constexpr const char* kLogEnd = ".log";
constexpr const char* kLastLine = "end";
constexpr int kHexadecimal = 16;

bool read_number(const std::string& text, std::uint64_t& number) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, kHexadecimal);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

}  // namespace

TaskFiles::TaskFiles(const std::filesystem::path& database) : folder_(database.string() + ".tasks") {}

void TaskFiles::write(const std::vector<SweepPoint>& points, std::uint64_t tasks) const {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  for (std::uint64_t task = 0; task < tasks; ++task) {
    std::string text;
    for (std::uint64_t i = task * points.size() / tasks; i < (task + 1) * points.size() / tasks; ++i)
      text += fmt::format("{:x} {:x} {:x}\n", points[i].index, points[i].key.point, points[i].key.network);
    write_file(folder_ / fmt::format("{}{}", task, kListEnd), text + kLastLine + "\n");
  }
}

std::vector<std::filesystem::path> TaskFiles::shards() const {
  std::vector<std::filesystem::path> found;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, none))
    if (entry.path().extension() == kShardEnd) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

void TaskFiles::clear() const {
  std::error_code ignored;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored)) {
    const std::filesystem::path end = entry.path().extension();
    if (end == kListEnd || end == kLogEnd) files.push_back(entry.path());
  }
  for (const std::filesystem::path& file : files) std::filesystem::remove(file, ignored);
  std::filesystem::remove(folder_, ignored);
}

std::vector<SweepPoint> read_task(const std::filesystem::path& list) {
  constexpr std::size_t kLargest = std::size_t{1} << 30;
  const auto refuse = [&list](const std::string& what) {
    throw SettingsError(fmt::format("{}: {}; accepted: a task's list of points", list.string(), what));
  };
  const std::optional<std::string> text = read_bytes(list, kLargest);
  if (!text) refuse(unreadable(list));
  std::vector<std::string> lines = split(*text, '\n');
  if (lines.size() < 2 || lines[lines.size() - 2] != kLastLine || !lines.back().empty()) refuse("cut off");
  lines.resize(lines.size() - 2);
  std::vector<SweepPoint> points;
  for (const std::string& line : lines) {
    const std::vector<std::string> words = split(line, ' ');
    SweepPoint& point = points.emplace_back();
    if (words.size() != 3 || !read_number(words[0], point.index) || !read_number(words[1], point.key.point) ||
        !read_number(words[2], point.key.network))
      refuse("line '" + line + "'");
  }
  return points;
}

}  // namespace bitbalance::explore
