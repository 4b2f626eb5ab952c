// How a weight is written as tokens: one non-zero bit each.
#pragma once

#include "quant/ir/names.h"

namespace bitbalance::ir {

/// How a non-zero bit of a weight becomes a shift-add.
enum class TokenForm {
  kBinary,       ///< the paper's: one sign for the weight, one position for each 1 of its magnitude
  kSignedDigit,  ///< ours: canonical signed digits, a sign for each; positions reach one higher
};

inline const char* to_string(TokenForm value) {
  return value == TokenForm::kBinary ? "binary" : "signed_digit";
}

}  // namespace bitbalance::ir
