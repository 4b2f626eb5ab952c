#include "testbench/report/folder/file_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file/fingerprint.h"
#include "base/text/outside_text.h"

namespace bitbalance::report {
namespace {

constexpr std::size_t kMostBytes = 120;  // with a suffix below 143, the shortest limit in use (eCryptfs)
constexpr std::size_t kFingerprintBytes = 17;  // with its mark
constexpr char kMark = '~';

/// Bytes of the UTF-8 character that `text` begins with; 0: it begins with none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc2 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!continues_character(text[i])) return 0;
  if (length < 3) return length;
  // Not the overlong, the surrogates, nor what lies beyond the last character.
  const unsigned second = byte(1);
  const bool is_valid = !(first == 0xe0 && second < 0xa0) && !(first == 0xed && second > 0x9f) &&
                        !(first == 0xf0 && second < 0x90) && !(first == 0xf4 && second > 0x8f);
  return is_valid ? length : 0;
}

bool is_special(unsigned char c) {
  return c < 0x20 || c == 0x7f ||
         std::string_view("/\\:*?\"<>|").find(static_cast<char>(c)) != std::string_view::npos;
}

/// Does `name` end as changed names do?
bool has_fingerprint(std::string_view name) {
  return name.size() >= kFingerprintBytes && name[name.size() - kFingerprintBytes] == kMark;
}

}  // namespace

std::string file_name(std::string_view name) {
  std::string result;
  bool fits = true;
  for (std::size_t at = 0; at < name.size() && fits;) {
    const std::size_t length = utf8_length(name.substr(at));
    std::string character(name.substr(at, std::max<std::size_t>(length, 1)));
    const bool at_edge = at == 0 || at + character.size() == name.size();
    if (length == 0 || (length == 1 && is_special(static_cast<unsigned char>(character.front()))) ||
        (at == 0 && (character == "." || character == "-")) || (at_edge && character == " "))
      character = "_";
    fits = result.size() + character.size() <= kMostBytes;
    if (fits) result += character;
    at += std::max<std::size_t>(length, 1);
  }
  if (!name.empty() && result == name && !has_fingerprint(name)) return result;
  std::size_t end = std::min(result.size(), kMostBytes - kFingerprintBytes);
  while (end > 0 && end < result.size() && continues_character(result[end])) --end;
  return fmt::format("{}{}{:016x}", result.substr(0, end), kMark, fingerprint(name));
}

std::string default_results(std::string_view name) {
  return "results/" + file_name(name);
}

}  // namespace bitbalance::report
