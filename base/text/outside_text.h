// Bytes and words from outside the program: read whole up to a bound, and shown in messages of one line.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace bitbalance {

/// All bytes of a file; none when it cannot be read or is a folder. Throws std::invalid_argument, naming the
/// file, when it holds more than `most`.
std::optional<std::string> read_bytes(const std::filesystem::path& file, std::size_t most);

/// What stands where a file to read was expected, for a message: "no such file", "a folder", or "cannot be
/// read".
std::string unreadable(const std::filesystem::path& file);

/// A character as a message writes it: "\x1b", "\x85", "\u202e".
struct Escape {
  std::size_t bytes = 0;  ///< that the character has; 0: a message shows it as it is
  std::string text;
};

/// Of the first character of `text`, if it is one on which a terminal acts (controls of ASCII and of UTF-8,
/// U+0080 to U+009F), or that ends a line or turns the direction of what follows (U+202E...).
Escape escape_of(std::string_view text);

/// The same text with such characters written as escapes: what a message quotes cannot break or reverse its
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
