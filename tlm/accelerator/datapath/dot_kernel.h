// The sums of the array: products of weights and activations, several steps a word. Where the transaction
// level's time is spent; the fastest version for the machine at hand is picked at run time, all give the
// same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tlm/accelerator/names.h"

namespace bitbalance::tlm_level {

/// Lanes are handled in vectors of this many, output channels in blocks of kRowBlock.
inline constexpr std::size_t kLaneVector = 16;
inline constexpr int kRowBlock = 8;

/// What the parts of a word hold: those of a weight's word and of an activation's are multiplied one by one.
enum class WordFormat {
  kPairs,  ///< two signed 16-bit numbers, the first in the low half
  kQuads,  ///< four 8-bit numbers, the first in the lowest: signed weights, unsigned activations
};
constexpr int parts(WordFormat format) {
  return format == WordFormat::kPairs ? 2 : 4;
}

struct DotOperands {
  const std::uint32_t* weights = nullptr;      ///< [word][kRowBlock]
  const std::uint32_t* activations = nullptr;  ///< of lane 0
  const std::uint32_t* taps = nullptr;         ///< [word]: where its activations begin
  std::uint32_t* sums = nullptr;               ///< [row][sum_pitch]
  std::size_t sum_pitch = 0;
  int rows = 0;     ///< 1..kRowBlock
  int vectors = 0;  ///< of kLaneVector lanes
  int words = 0;
};

using Dot = void (*)(const DotOperands&);

/// sums[row][lane] += sum over the words and their parts of weights[word][row] * activations[taps[word] +
/// lane], modulo 2^32.
Dot fastest_dot(WordFormat format);
/// Whether four products of 8 bits are faster than two of 16.
bool has_fast_quads();

// All versions, for tests; null what the machine has no instructions for.
Dot portable_dot(WordFormat format);
Dot avx2_dot(WordFormat format);
Dot avx512_dot(WordFormat format);
Dot vnni_dot(WordFormat format);

}  // namespace bitbalance::tlm_level
