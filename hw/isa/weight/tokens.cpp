#include "hw/isa/weight/tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bits.h"
#include "base/text/config_error.h"
#include "base/vector_clones.h"

namespace bitbalance::isa {
namespace {

/// Tokens that a code has room for.
int token_fields(int weight_bits, int nnzb, TokenForm form) {
  // Canonical digits are never neighbours: of the weight_bits positions they reach, they use every other one
  // at most.
  return form == TokenForm::kBinary ? nnzb : std::min(nnzb, (weight_bits + 1) / 2);
}

int position_bits(int weight_bits, TokenForm form) {
  return index_bits(form == TokenForm::kBinary ? weight_bits - 1 : weight_bits);
}

BITBALANCE_VECTOR_CLONES
void unpack_dense(const std::uint64_t* code, int rows, int magnitude_bits, TokenForm form,
                  std::uint32_t* ones, std::uint32_t* negatives) {
  const auto magnitude_mask = static_cast<std::uint32_t>(low_mask(magnitude_bits));
  for (int r = 0; r < rows; ++r) {
    const auto bits = static_cast<std::uint32_t>(code[r]);
    const TokenMask mask = token_mask(bits & magnitude_mask, (bits >> magnitude_bits & 1) != 0, form);
    ones[r] = mask.ones;
    negatives[r] = mask.negatives;
  }
}

}  // namespace

TokenList tokens(const TokenMask& mask) {
  TokenList list;
  for (std::uint32_t ones = mask.ones; ones != 0;) {
    const int position = leading_one(ones);
    const std::uint32_t bit = 1u << position;
    list.token[list.count++] = {(mask.negatives & bit) != 0, static_cast<std::uint8_t>(position)};
    ones ^= bit;
  }
  return list;
}

int stored_bits(int weight_bits, int nnzb, TokenForm form, WeightStorage storage) {
  if (storage == WeightStorage::kDense) return weight_bits;
  const int fields = token_fields(weight_bits, nnzb, form);
  const int positions = fields * position_bits(weight_bits, form);
  const int signs = form == TokenForm::kBinary ? 1 : fields;
  return index_bits(fields + 1) + signs + positions;
}

WeightFormat::WeightFormat(int weight_bits, int nnzb, TokenForm form, WeightStorage storage)
    : form_(form),
      storage_(storage),
      bits_(stored_bits(weight_bits, nnzb, form, storage)),
      magnitude_bits_(weight_bits - 1),
      fields_(token_fields(weight_bits, nnzb, form)),
      count_bits_(index_bits(fields_ + 1)),
      position_bits_(position_bits(weight_bits, form)) {
  bitbalance::require(weight_bits >= 2 && weight_bits <= 16, "weights", "weight_bits", weight_bits,
                      "2 to 16");
  if (nnzb < 1 || nnzb > magnitude_bits_) {
    throw ConfigError(
        "weights", "nnzb", fmt::format("{}", nnzb),
        fmt::format("1 to {}, the magnitude bits of a {}-bit weight", magnitude_bits_, weight_bits));
  }
  if (bits_ > kMaxStoredBits) {
    throw ConfigError("weights", "weight_storage", to_string(storage),
                      fmt::format("dense, as a {}-bit weight of nnzb {} takes {} bits of at most {}",
                                  weight_bits, nnzb, bits_, kMaxStoredBits));
  }
}

std::uint64_t WeightFormat::pack(std::int32_t weight) const {
  const bool negative = weight < 0;
  if (storage_ == WeightStorage::kDense) {
    return static_cast<std::uint64_t>(negative ? -weight : weight) | std::uint64_t{negative}
                                                                         << magnitude_bits_;
  }
  const TokenList list = tokens(token_mask(weight, form_));
  std::uint64_t code = static_cast<std::uint64_t>(list.count);
  int at = count_bits_;
  if (form_ == TokenForm::kBinary) code |= std::uint64_t{negative} << at++;
  for (int i = 0; i < list.count; ++i) {
    const Token& token = list.token[i];
    code |= std::uint64_t{token.position} << at;
    at += position_bits_;
    if (form_ == TokenForm::kSignedDigit) code |= std::uint64_t{token.negative} << at++;
  }
  return code;
}

TokenMask WeightFormat::unpack(std::uint64_t code) const {
  TokenMask mask;
  unpack(&code, 1, &mask.ones, &mask.negatives);
  return mask;
}

void WeightFormat::unpack(const std::uint64_t* code, int rows, std::uint32_t* ones,
                          std::uint32_t* negatives) const {
  if (storage_ == WeightStorage::kDense) {
    unpack_dense(code, rows, magnitude_bits_, form_, ones, negatives);
    return;
  }
  for (int r = 0; r < rows; ++r) {
    const TokenMask mask = unpack_tokens(code[r]);
    ones[r] = mask.ones;
    negatives[r] = mask.negatives;
  }
}

TokenMask WeightFormat::unpack_tokens(std::uint64_t code) const {
  const auto count = std::min(static_cast<int>(code & low_mask(count_bits_)), fields_);
  code >>= count_bits_;
  const bool sign_per_token = form_ == TokenForm::kSignedDigit;
  bool negative = false;
  const auto take_sign = [&] {
    negative = (code & 1) != 0;
    code >>= 1;
  };
  if (!sign_per_token) take_sign();
  TokenMask mask;
  for (int i = 0; i < count; ++i) {
    const std::uint32_t bit = 1u << (code & low_mask(position_bits_));
    code >>= position_bits_;
    if (sign_per_token) take_sign();
    mask.ones |= bit;
    if (negative) mask.negatives |= bit;
  }
  return mask;
}

}  // namespace bitbalance::isa
