#include "quant/eval/images/label_file.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <sstream>

#include "base/checked.h"
#include "base/text/nearest_word.h"
#include "base/text/number.h"
#include "base/text/outside_text.h"
#include "quant/eval/images/array_file.h"
#include "quant/eval/images/refusal.h"

namespace bitbalance::eval {
namespace {

constexpr int kLargestClass = kLargestExtent - 1;
constexpr std::size_t kLargestText = std::size_t{1} << 28;  // bytes

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  const std::optional<std::string> text = read_bytes(file, kLargestText);
  if (!text) refuse(file, unreadable(file) + "; accepted: a text file");
  if (!is_utf8(*text)) refuse(file, "bytes that are not UTF-8; accepted: UTF-8");
  std::vector<std::string> lines;
  std::istringstream stream(*text);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) refuse(file, lines.size() + 1, "an empty line; accepted: text");
    lines.push_back(line);
  }
  if (lines.empty()) refuse(file, "empty; accepted: a line per image or class");
  return lines;
}

std::vector<int> labels_of_array(const std::filesystem::path& file) {
  const Array array = read_array(file);
  if (array.extents.size() != 1) {
    refuse(file, fmt::format("{} extents; accepted: 1, a label per image", array.extents.size()));
  }
  std::vector<int> labels(static_cast<std::size_t>(array.elements()));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double value = array.value(static_cast<std::int64_t>(i));
    if (!(value >= 0 && value <= kLargestClass) || std::floor(value) != value) {
      refuse(file,
             fmt::format("label {} is {}; accepted: whole numbers from 0 to {}", i, value, kLargestClass));
    }
    labels[i] = static_cast<int>(value);
  }
  return labels;
}

}  // namespace

std::vector<std::string> read_class_names(const std::filesystem::path& file) {
  std::vector<std::string> names = lines_of(file);
  std::map<std::string, std::size_t> lines;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto [earlier, is_new] = lines.emplace(names[i], i + 1);
    if (!is_new) {
      refuse(file, i + 1,
             fmt::format("'{}' is also line {}; accepted: a name once", names[i], earlier->second));
    }
  }
  return names;
}

std::vector<int> read_labels(const std::filesystem::path& file, const std::vector<std::string>& names) {
  if (is_array_file(file)) return labels_of_array(file);
  std::map<std::string, int> classes;
  for (std::size_t i = 0; i < names.size(); ++i) classes.emplace(names[i], static_cast<int>(i));
  std::vector<int> labels;
  for (const std::string& line : lines_of(file)) {
    const auto named = classes.find(line);
    const auto number = whole_number(line, 0, kLargestClass);
    if (named == classes.end() && !number) {
      refuse(file, labels.size() + 1,
             fmt::format("'{}'{}; accepted: {}a whole number from 0 to {}", line, suggestion(line, names),
                         names.empty() ? "" : "a class name, or ", kLargestClass));
    }
    labels.push_back(named != classes.end() ? named->second : *number);
  }
  return labels;
}

}  // namespace bitbalance::eval
