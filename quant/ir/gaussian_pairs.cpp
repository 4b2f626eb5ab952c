#include "quant/ir/gaussian_pairs.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/vector_clones.h"

namespace bitbalance::ir {
namespace {

constexpr double kTwoPi = 6.283185307179586;
constexpr std::size_t kBatch = 256;

/// What approximate() and <cmath> may differ by, as a share of the radius: both are within 2^-47 of the true
/// value, rounding of the angle included.
constexpr double kSlack = 0x1p-46;

struct Batch {
  double radius_draw[kBatch], angle_draw[kBatch];  ///< uniform
  double radius[kBatch], first[kBatch], second[kBatch];
};

inline double of_bits(std::uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline std::uint64_t bits_of(double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// log of 2^-53 to 1: e ln 2 + 2 atanh((m - 1) / (m + 1)), with m between sqrt(1/2) and sqrt(2).
inline double log_of(double x) {
  constexpr double kLn2 = 0.6931471805599453;
  constexpr std::uint64_t kSqrtHalf = 0x3fe6a09e667f3bcd;  // its bits
  constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52) - 1;
  const std::uint64_t above = bits_of(x) - kSqrtHalf;
  // An integer of few bits as a double: 2^52 + 2^11 + the exponent has it in its mantissa.
  const double exponent = of_bits(0x4330000000000000 | (((above >> 52) + 2048) & 4095)) - (0x1p52 + 2048);
  const double m = of_bits((above & kMantissa) + kSqrtHalf);
  const double s = (m - 1) / (m + 1), q = s * s;
  double sum = 1.0 / 21;
  for (int odd = 19; odd >= 1; odd -= 2) sum = sum * q + 1.0 / odd;
  return exponent * kLn2 + 2 * s * sum;
}

/// Radii, and both numbers before they are multiplied by a deviation.
BITBALANCE_VECTOR_CLONES
void approximate(Batch& b, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    b.radius[i] = std::sqrt(-2 * log_of(b.radius_draw[i]));
    // The angle from the nearest quarter of a turn, up to pi / 4.
    const double turns = b.angle_draw[i];
    const double quarter = (4 * turns + 0x1.8p52) - 0x1.8p52;  // rounded to an integer
    const double x = kTwoPi * (turns - 0.25 * quarter), q = x * x;
    double sine = 1, cosine = 1;  // series up to x^15 and x^16, the last terms first
    for (int n = 14; n >= 2; n -= 2) sine = 1 - q * (1.0 / (n * (n + 1))) * sine;
    for (int n = 15; n >= 1; n -= 2) cosine = 1 - q * (1.0 / (n * (n + 1))) * cosine;
    sine *= x;
    const bool is_odd = quarter == 1 || quarter == 3;
    const double along = is_odd ? sine : cosine, across = is_odd ? cosine : sine;
    b.first[i] = b.radius[i] * (quarter == 1 || quarter == 2 ? -along : along);
    b.second[i] = b.radius[i] * (quarter == 2 || quarter == 3 ? -across : across);
  }
}

}  // namespace

GaussianPair::GaussianPair(Random& random) {
  const double radius = std::sqrt(-2 * std::log(random.uniform()));
  const double angle = kTwoPi * random.uniform();
  second = radius * std::sin(angle);
  first = radius * std::cos(angle);
}

void draw_gaussian_pairs(Random& random, double deviation, std::size_t pairs, float* weights) {
  Batch batch;
  for (; pairs > 0; pairs -= std::min(pairs, kBatch)) {
    const std::size_t count = std::min(pairs, kBatch);
    const Random before = random;
    for (std::size_t i = 0; i < count; ++i) {
      batch.radius_draw[i] = random.uniform();
      batch.angle_draw[i] = random.uniform();
    }
    approximate(batch, count);
    bool is_sure = true;
    for (std::size_t i = 0; i < count; ++i) {
      const double slack = kSlack * deviation * batch.radius[i];
      const double first = deviation * batch.first[i], second = deviation * batch.second[i];
      weights[2 * i] = static_cast<float>(first + slack);
      weights[2 * i + 1] = static_cast<float>(second + slack);
      is_sure &= weights[2 * i] == static_cast<float>(first - slack);
      is_sure &= weights[2 * i + 1] == static_cast<float>(second - slack);
    }
    if (!is_sure) {  // a number so near the middle of two floats that only the functions themselves can tell
      Random again = before;
      for (std::size_t i = 0; i < count; ++i) {
        const GaussianPair pair(again);
        weights[2 * i] = static_cast<float>(deviation * pair.first);
        weights[2 * i + 1] = static_cast<float>(deviation * pair.second);
      }
    }
    weights += 2 * count;
  }
}

}  // namespace bitbalance::ir
