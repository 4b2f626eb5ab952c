#include "base/text/outside_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace bitbalance {

std::optional<std::string> read_bytes(const std::filesystem::path& file, std::size_t most) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return std::nullopt;
  std::ifstream stream(file, std::ios::binary);
  constexpr std::size_t kPiece = std::size_t{1} << 16;
  std::string bytes;
  while (stream) {
    const std::size_t read = bytes.size();
    bytes.resize(read + kPiece);
    stream.read(&bytes[read], kPiece);
    bytes.resize(read + static_cast<std::size_t>(stream.gcount()));
    if (bytes.size() > most) {
      throw std::invalid_argument(
          fmt::format("{}: more than {} bytes; accepted: up to that", one_line(file.string()), most));
    }
  }
  if (!stream.eof()) return std::nullopt;
  return bytes;
}

std::string unreadable(const std::filesystem::path& file) {
  std::error_code refused;
  const std::filesystem::file_type type = std::filesystem::status(file, refused).type();
  if (refused == std::errc::filename_too_long) return "no such file";
  switch (type) {
    case std::filesystem::file_type::not_found:
      return "no such file";
    case std::filesystem::file_type::directory:
      return "a folder";
    default:
      return "cannot be read";
  }
}

Escape escape_of(std::string_view text) {
  const auto byte = [text](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
  };
  const unsigned first = byte(0), second = byte(1), third = byte(2);
  if (!text.empty() && (first < ' ' || first == 0x7f)) return {1, fmt::format("\\x{:02x}", first)};
  if (first == 0xc2 && second >= 0x80 && second < 0xa0) return {2, fmt::format("\\x{:02x}", second)};
  const bool turns = (second == 0x80 && third >= 0xa8 && third <= 0xae) ||
                     (second == 0x81 && third >= 0xa6 && third <= 0xa9);
  if (first == 0xe2 && turns) return {3, fmt::format("\\u20{:02x}", (second - 0x80) * 0x40 + third - 0x80)};
  return {};
}

std::string one_line(const std::string& text) {
  std::string line;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\t') {
      line += "\\t";
    } else if (const Escape escape = escape_of(std::string_view(text).substr(at)); escape.bytes > 0) {
      line += escape.text;
      at += escape.bytes - 1;
    } else {
      line += c;
    }
  }
  return line;
}

std::string beginning(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && continues_character(text[most])) --most;
  return text.substr(0, most) + "...";
}

bool is_utf8(const std::string& text) {
  try {
    nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

}  // namespace bitbalance
