#include "testbench/explore/sweep/point/point_command.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/text/shell_word.h"
#include "testbench/scenario/settings/settings_writer.h"

namespace bitbalance::explore {
namespace {

namespace fs = std::filesystem;

/// As seen from the current folder.
std::string from_here(const fs::path& file) {
  std::error_code failed;
  const fs::path near = fs::proximate(file, failed);
  return (failed ? file : near).string();
}

/// The value, or where the file is that it names: of a setting alone, or of a whole section.
std::string located(const Assignment& given, const EffectiveSettings& effective) {
  const EffectiveSetting* const setting = effective.find(given.key);
  if (setting != nullptr) return setting->is_file ? from_here(setting->text) : given.value;
  const fs::path file = given.file.parent_path() / given.value;
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) ? from_here(file.lexically_normal()) : given.value;
}

/// A scalar, in quotes only where YAML would take it for something else.
std::string yaml_scalar(const std::string& text) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+";
  const bool is_plain = !text.empty() && text != "null" && text != "Null" && text != "NULL" &&
                        text.find_first_not_of(kPlain) == std::string::npos;
  return is_plain ? text : yaml_quoted(text);
}

}  // namespace

std::string setting_words(const std::vector<Assignment>& given, const EffectiveSettings& effective) {
  std::string words;
  for (const Assignment& one : given) {
    if (!words.empty()) words += " ";
    words += "--set " + shell_word(one.key + "=" + yaml_scalar(located(one, effective)));
  }
  return words;
}

}  // namespace bitbalance::explore
