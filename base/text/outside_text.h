// Bytes and words from outside the program: read whole up to a bound, and shown in messages of one line.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace bitbalance {

/// All bytes of a file; none when it cannot be read or is a folder. Throws std::invalid_argument, naming the
/// file, when it holds more than `most`.
std::optional<std::string> read_bytes(const std::filesystem::path& file, std::size_t most);

/// What stands where a file to read was expected, for a message: "no such file", "a folder", or "cannot be
/// read".
std::string unreadable(const std::filesystem::path& file);

/// Do the first two bytes at `text` make one of the control characters of UTF-8 beyond ASCII, U+0080 to
/// U+009F?
inline bool begins_control(const char* text) {
  return text[0] == '\xc2' && static_cast<unsigned char>(text[1]) >= 0x80 &&
         static_cast<unsigned char>(text[1]) < 0xa0;
}

/// The same text with control characters written as escapes of C: what a message quotes cannot break its
/// line.
std::string one_line(const std::string& text);

/// Does the byte continue a character of UTF-8 that bytes before it began?
inline bool continues_character(char byte) {
  constexpr unsigned kMask = 0xc0, kContinues = 0x80;
  return (static_cast<unsigned char>(byte) & kMask) == kContinues;
}

/// A text of at most `most` bytes as it is; of a longer one as many whole characters as fit, and "...".
std::string beginning(const std::string& text, std::size_t most);

/// Is it UTF-8, without surrogates and overlong forms?
bool is_utf8(const std::string& text);

}  // namespace bitbalance
