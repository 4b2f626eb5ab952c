#include "base/text/outside_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
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

std::string one_line(const std::string& text) {
  std::string line;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\t') {
      line += "\\t";
    } else if (begins_control(text.c_str() + at)) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++at]));
    } else if (std::iscntrl(static_cast<unsigned char>(c)) != 0) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
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
