// How a weight is written as tokens: one non-zero bit each.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "quant/ir/names.h"

namespace bitbalance::ir {

/// How a non-zero bit of a weight becomes a shift-add.
enum class TokenForm {
  kBinary,       ///< the paper's: one sign for the weight, one position for each 1 of its magnitude
  kSignedDigit,  ///< ours: canonical signed digits, a sign for each; positions reach one higher
};
inline constexpr std::array<TokenForm, 2> kTokenForms = {TokenForm::kBinary, TokenForm::kSignedDigit};

constexpr const char* to_string(TokenForm value) {
  switch (value) {
    case TokenForm::kBinary:
      return "binary";
    case TokenForm::kSignedDigit:
      return "signed_digit";
  }
  return "?";
}

/// In the order of the enumeration.
inline std::vector<std::string> token_form_names() {
  std::vector<std::string> names;
  names.reserve(kTokenForms.size());
  for (const TokenForm form : kTokenForms) names.emplace_back(to_string(form));
  return names;
}

/// A 1 for each token of a weight of this magnitude. Binary: at the token's position. Signed digit: one place
/// above it, since m = (3m - m) / 2 without borrows: the digit at i is bit i + 1 of 3m minus bit i + 1 of m.
/// Precondition: three times the magnitude fits into the type.
template <class Unsigned>
constexpr Unsigned token_marks(Unsigned magnitude, TokenForm form) {
  const Unsigned factor = form == TokenForm::kBinary ? 0 : 3;  // without a branch: loops become vector code
  return (factor * magnitude) ^ magnitude;
}

}  // namespace bitbalance::ir
