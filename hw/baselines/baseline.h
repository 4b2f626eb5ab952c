// The other accelerators: what their arrays look like to a convolution. A row is an output channel, a column
// an output pixel, a lane one weight x activation pair of the sum; all rows and columns end a step together.
#pragma once

#include <cstdint>
#include <string>

#include "hw/baselines/names.h"
#include "quant/ir/quantized_network.h"

namespace bitbalance::baselines {

enum class BaselineKind {
  kDense,      ///< bit-parallel: a full multiplier a lane
  kStripes,    ///< weight-serial: all weight_bits bits of two's complement, one a cycle
  kPragmatic,  ///< weight-serial: the terms of each weight, one a cycle and lane
  kLaconic,    ///< the terms of weight x activation, one a cycle and lane
  kBitlet,     ///< a channel a bit position, each picks one pair a cycle, within windows of 8 weights
  kBitWave,    ///< the bit columns of a group that are not zero, one a cycle; sign-magnitude
  kBitVert,    ///< bit columns, ones or zeros, whichever are fewer; two's complement
  kCount
};
inline constexpr int kBaselines = static_cast<int>(BaselineKind::kCount);
const char* to_string(BaselineKind kind);

inline constexpr int kBitletPairs = 64;
inline constexpr int kBitletWindow = 8;
inline constexpr int kMostRowsOrColumns = 256;

struct Baseline {
  BaselineKind kind = BaselineKind::kDense;
  int lanes = 16;    ///< weights a PE takes in a step, 1..256; Bitlet: 64, BitVert: even
  int rows = 32;     ///< 1..256
  int columns = 32;  ///< 1..256
  /// A step lasts at least as many cycles, 1 or more: so long the buffers take to deliver the next one.
  int least_step_cycles = 1;
  TokenForm terms = TokenForm::kBinary;  ///< Pragmatic, Laconic: signed_digit is their Booth-like recoding
};

/// Throws std::invalid_argument: the parameter, the value found, what is accepted.
void check(const Baseline& baseline);

/// Only Laconic's cycles depend on activations.
constexpr bool needs_activations(BaselineKind kind) {
  return kind == BaselineKind::kLaconic;
}

}  // namespace bitbalance::baselines
