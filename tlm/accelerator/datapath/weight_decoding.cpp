#include "tlm/accelerator/datapath/weight_decoding.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/bits.h"
#include "base/vector_clones.h"
#include "hw/isa/weight/tokens.h"

namespace bitbalance::tlm_level {
namespace {

/// Steps decoded at a time.
constexpr int kBatch = 64;
/// The tokens that a PE performs: leading ones first, at most `limit`.
TokenMask performed(TokenMask mask, int limit) {
  std::uint32_t kept = 0;
  for (int i = 0; i < limit && mask.ones != 0; ++i) {
    const std::uint32_t leading = 1u << leading_one(mask.ones);
    kept |= leading;
    mask.ones ^= leading;
  }
  return {kept, mask.negatives & kept};
}

/// Values and numbers of tokens; returns the largest number.
BITBALANCE_VECTOR_CLONES
std::uint32_t evaluate(const std::uint32_t* ones, const std::uint32_t* negatives, int count,
                       std::int32_t* values, std::uint8_t* tokens) {
  std::uint32_t most = 0;
  for (int i = 0; i < count; ++i) {
    values[i] = value({ones[i], negatives[i]});
    const std::uint32_t count_of_tokens = count_ones(ones[i]);
    tokens[i] = static_cast<std::uint8_t>(count_of_tokens);
    most = std::max(most, count_of_tokens);
  }
  return most;
}

}  // namespace

void decode_row(const std::uint8_t* stored, const RowStream& stream, std::size_t steps, int limit,
                std::int32_t* values, std::uint8_t* tokens) {
  const WeightFormat& format = stream.format();
  std::vector<std::uint64_t> words(stream.words(static_cast<std::int64_t>(steps)) + 1);
  std::memcpy(words.data(), stored, stream.bytes(static_cast<std::int64_t>(steps)));
  std::array<std::uint64_t, kBatch> code{};
  std::array<std::uint32_t, kBatch> ones{}, negatives{};
  auto bit = static_cast<std::uint64_t>(stream.head_bits());
  for (std::size_t first = 0; first < steps; first += kBatch, values += kBatch, tokens += kBatch) {
    const int count = static_cast<int>(std::min<std::size_t>(kBatch, steps - first));
    for (int i = 0; i < count; ++i, bit += static_cast<std::uint64_t>(format.bits())) {
      const std::uint64_t* const word = words.data() + bit / 64;
      const unsigned shift = bit % 64;
      // In two shifts: a word as a whole is none of the next one's.
      code[i] = word[0] >> shift | word[1] << 1 << (63 - shift);
    }
    format.unpack(code.data(), count, ones.data(), negatives.data());
    if (evaluate(ones.data(), negatives.data(), count, values, tokens) <= static_cast<std::uint32_t>(limit))
      continue;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      if (tokens[i] <= limit) continue;
      values[i] = value(performed({ones[i], negatives[i]}, limit));
      tokens[i] = static_cast<std::uint8_t>(limit);
    }
  }
}

}  // namespace bitbalance::tlm_level
