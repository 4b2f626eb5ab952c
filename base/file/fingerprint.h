// A short mark of a name's or a file's bytes, to tell two apart; no protection against malice.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bitbalance {

/// 64-bit FNV-1a; a long text can be taken in pieces, each with the fingerprint of those before.
inline std::uint64_t fingerprint(std::string_view bytes, std::uint64_t before = 0xcbf29ce484222325) {
  for (const char c : bytes) before = (before ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return before;
}

/// Another mark, of long texts, word by word: as quick as memory. Pieces are taken the same way; it depends
/// on where they are cut.
inline std::uint64_t word_fingerprint(std::string_view bytes, std::uint64_t before = 0) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;
  constexpr std::size_t kLanes = 4, kWord = sizeof(std::uint64_t);
  std::array<std::uint64_t, kLanes> lanes = {before + 1, before + 2, before + 3, before + 4};
  const auto mix = [](std::uint64_t& lane, std::uint64_t word) {
    lane = (lane ^ word) * kFactor;
    lane ^= lane >> 29;
  };
  std::size_t at = 0;
  for (; at + kLanes * kWord <= bytes.size(); at += kLanes * kWord) {
    std::array<std::uint64_t, kLanes> words;
    std::memcpy(words.data(), bytes.data() + at, sizeof(words));
    for (std::size_t lane = 0; lane < kLanes; ++lane) mix(lanes[lane], words[lane]);
  }
  std::uint64_t result = fingerprint(bytes.substr(at), bytes.size());
  for (const std::uint64_t lane : lanes) mix(result, lane);
  return result;
}

}  // namespace bitbalance
