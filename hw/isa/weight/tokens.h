// Tokens of a weight, in the order in which a PE performs them, and the two ways in which a weight is stored.
#pragma once

#include <array>
#include <cstdint>

#include "hw/isa/config.h"

namespace bitbalance::isa {

/// One shift-add: acc += +-(activation << position).
struct Token {
  bool negative = false;
  std::uint8_t position = 0;  ///< 0..14 (binary), 0..15 (signed digit)
  bool operator==(const Token& o) const { return negative == o.negative && position == o.position; }
};

/// What an encoder row holds of one weight: bit i of `ones` is a token at position i, bit i of `negatives`
/// its sign. Removing the leading one again and again gives the tokens in order.
struct TokenMask {
  std::uint32_t ones = 0;
  std::uint32_t negatives = 0;  ///< a subset of `ones`
  bool operator==(const TokenMask& o) const { return ones == o.ones && negatives == o.negatives; }
};

inline constexpr int kMaxTokens = 15;  ///< a 16-bit weight has 15 magnitude bits

struct TokenList {
  int count = 0;
  std::array<Token, kMaxTokens> token{};
};

/// Binary: a token for each 1 of the magnitude, all of the weight's sign. Signed digit: the canonical form,
/// no two neighbouring positions used.
constexpr TokenMask token_mask(std::uint32_t magnitude, bool negative, TokenForm form) {
  const std::uint32_t sign = 0u - static_cast<std::uint32_t>(negative);
  if (form == TokenForm::kBinary) return {magnitude, magnitude & sign};
  const std::uint32_t ones = token_marks(magnitude, form) >> 1;
  return {ones, ones & ((magnitude >> 1) ^ sign)};
}
constexpr TokenMask token_mask(std::int32_t weight, TokenForm form) {
  return token_mask(static_cast<std::uint32_t>(weight < 0 ? -weight : weight), weight < 0, form);
}

/// Leading one first. Precondition: at most kMaxTokens tokens.
TokenList tokens(const TokenMask& mask);

/// Sum of the tokens.
constexpr std::int32_t value(const TokenMask& mask) {
  return static_cast<std::int32_t>(mask.ones ^ mask.negatives) - static_cast<std::int32_t>(mask.negatives);
}

/// Bits of a stored weight. Precondition: weight_bits and nnzb in range.
int stored_bits(int weight_bits, int nnzb, TokenForm form, WeightStorage storage);
/// The encoder takes a weight from one word and the rest of another.
inline constexpr int kMaxStoredBits = 64;

/// How one weight is stored, as a code of `bits` bits.
/// Dense: magnitude in the low weight_bits - 1 bits, sign above it.
/// Tokens, from bit 0 on: the number of tokens; binary: the sign; then `tokens` fields in order, leading one
/// first, unused ones 0: the position, and for signed digits the sign above it.
class WeightFormat {
 public:
  /// weight_bits 2..16, nnzb 1..weight_bits - 1. Throws std::invalid_argument: outside of that, or when the
  /// code is longer than 64 bits (16-bit binary weights of nnzb 15 stored as tokens).
  WeightFormat(int weight_bits, int nnzb, TokenForm form, WeightStorage storage);

  TokenForm form() const { return form_; }
  int bits() const { return bits_; }
  /// Precondition: |weight| < 2^(weight_bits - 1) and, stored as tokens, at most nnzb tokens.
  std::uint64_t pack(std::int32_t weight) const;
  /// Any code is safe to unpack: of a count beyond the fields, those that exist are taken.
  TokenMask unpack(std::uint64_t code) const;
  /// Unpacks one code of each of `rows` rows.
  void unpack(const std::uint64_t* code, int rows, std::uint32_t* ones, std::uint32_t* negatives) const;

 private:
  TokenMask unpack_tokens(std::uint64_t code) const;

  TokenForm form_;
  WeightStorage storage_;
  int bits_ = 0;
  int magnitude_bits_ = 0;
  int fields_ = 0;  ///< tokens a code has room for: nnzb, or less where no weight has that many
  int count_bits_ = 0;
  int position_bits_ = 0;
};

}  // namespace bitbalance::isa
