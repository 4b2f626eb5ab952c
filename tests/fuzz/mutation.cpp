#include "tests/fuzz/mutation.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <limits>

namespace bitbalance::fuzz {
namespace {

constexpr std::size_t kLargestPiece = 64;

/// A place, and how many bytes from it on.
struct Piece {
  std::size_t at, size;
};
Piece piece_of(const std::string& bytes, Random& random) {
  const std::size_t at = below(bytes.size(), random);
  return {at, std::min(bytes.size() - at, 1 + below(kLargestPiece, random))};
}

/// Puts another number in the place of one that is written in the text.
void change_number(std::string& bytes, Random& random) {
  const std::size_t from = below(bytes.size(), random);
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const auto begin = std::find_if(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end(), is_digit);
  const auto end = std::find_if_not(begin, bytes.end(), is_digit);
  if (begin != bytes.end()) bytes.replace(begin, end, std::to_string(edge_number(random)));
}

/// Puts a whole number of 1, 2, 4 or 8 bytes in either order over what is there.
void overwrite_number(std::string& bytes, Random& random) {
  const auto number = static_cast<std::uint64_t>(edge_number(random));
  const std::size_t width = std::size_t{1} << below(4, random);
  const bool is_big_endian = below(2, random) == 0;
  const std::size_t at = below(bytes.size(), random);
  for (std::size_t i = 0; i < width && at + i < bytes.size(); ++i)
    bytes[at + i] = static_cast<char>(number >> 8 * (is_big_endian ? width - 1 - i : i));
}

void repeat_piece(std::string& bytes, Random& random) {
  const Piece piece = piece_of(bytes, random);
  const std::string text = bytes.substr(piece.at, piece.size);
  const std::size_t times = below(16, random) == 0 ? 4096 : 1 + below(4, random);
  for (std::size_t i = 0; i < times; ++i) bytes.insert(piece.at, text);
}

}  // namespace

std::size_t below(std::size_t count, Random& random) {
  return count == 0 ? 0 : random() % count;
}

std::int64_t edge_number(Random& random) {
  if (below(3, random) == 0) return static_cast<std::int64_t>(below(20, random)) - 4;
  constexpr int kBits = 63;
  const std::int64_t power = std::int64_t{1} << below(kBits, random);
  const std::int64_t number = power - 1 + static_cast<std::int64_t>(below(3, random));
  if (below(8, random) == 0) return std::numeric_limits<std::int64_t>::max();
  if (below(8, random) == 0) return std::numeric_limits<std::int64_t>::min();
  return below(4, random) == 0 ? -number : number;
}

std::string mutate(std::string bytes, const std::string& other, const std::vector<std::string>& words,
                   Random& random) {
  if (bytes.empty()) bytes = other.substr(0, 1 + below(kLargestPiece, random));
  if (bytes.empty()) return bytes;
  switch (below(10, random)) {
    case 0:
      bytes[below(bytes.size(), random)] ^= static_cast<char>(1U << below(8, random));
      break;
    case 1:
      bytes[below(bytes.size(), random)] = static_cast<char>(random());
      break;
    case 2:
      change_number(bytes, random);
      break;
    case 3:
      overwrite_number(bytes, random);
      break;
    case 4: {
      const Piece piece = piece_of(bytes, random);
      bytes.erase(piece.at, piece.size);
      break;
    }
    case 5:
      repeat_piece(bytes, random);
      break;
    case 6: {
      const Piece from = piece_of(other, random);
      const Piece to = piece_of(bytes, random);
      bytes.replace(to.at, below(2, random) == 0 ? 0 : to.size, other, from.at, from.size);
      break;
    }
    case 7:
      if (!words.empty()) bytes.insert(below(bytes.size() + 1, random), words[below(words.size(), random)]);
      break;
    case 8: {
      const Piece piece = piece_of(bytes, random);
      const std::string text = bytes.substr(piece.at, piece.size);
      bytes.erase(piece.at, piece.size);
      bytes.insert(below(bytes.size() + 1, random), text);
      break;
    }
    default:
      if (below(4, random) == 0) bytes.resize(below(bytes.size(), random));
      break;
  }
  return bytes;
}

}  // namespace bitbalance::fuzz
