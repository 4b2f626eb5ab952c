// The arithmetic behind the array against 128-bit integers.
#include "hw/isa/arithmetic.h"
#include "tests/support/names.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

// ISO C++ has no 128-bit integer; gcc and clang do.
__extension__ using Wide = __int128;

Wide floor_divide(Wide value, Wide divisor) {
  const Wide quotient = value / divisor;
  return quotient * divisor > value ? quotient - 1 : quotient;
}

// Nearest integer to value * multiplier / 2^shift, halves upwards.
Wide reference_rescale(Wide value, int multiplier, int shift) {
  const Wide two_to_shift = Wide{1} << shift;
  return floor_divide(2 * value * multiplier + two_to_shift, 2 * two_to_shift);
}

// The number congruent to value modulo 2^bits in -2^(bits-1) .. 2^(bits-1) - 1.
Wide reference_wrap(Wide value, int bits) {
  const Wide size = Wide{1} << bits;
  Wide rest = value % size;
  if (rest < 0) rest += size;
  return rest >= size / 2 ? rest - size : rest;
}

std::int64_t any_accumulator(int bits) {
  const std::int64_t limit = std::int64_t{1} << (bits - 1);
  return *rc::gen::oneOf(rc::gen::inRange(-limit, limit),
                         rc::gen::element(-limit, limit - 1, std::int64_t{0}));
}

}  // namespace

TEST_CASE("requantization equals 128-bit arithmetic for every accumulator, bias, multiplier and shift") {
  REQUIRE(rc::check([] {
    const int bits = *rc::gen::inRange(16, 49);
    const std::int64_t accumulator = any_accumulator(bits);
    const std::int64_t bias = any_accumulator(48);
    const int multiplier = *rc::gen::oneOf(rc::gen::inRange(0, 65536), rc::gen::just(65535));
    const int shift = *rc::gen::inRange(0, 48);
    const Wide sum = reference_wrap(Wide{accumulator} + bias, bits);
    const Wide expected = reference_rescale(sum, multiplier, shift);
    const std::int64_t found =
        requantize(accumulator, bias, static_cast<std::uint16_t>(multiplier), shift, bits);
    RC_ASSERT(Wide{found} == expected);
  }));
}

TEST_CASE("wrap keeps the low bits as two's complement") {
  REQUIRE(rc::check([](std::int64_t value) {
    const int bits = *rc::gen::inRange(1, 65);
    RC_ASSERT(Wide{wrap(value, bits)} == reference_wrap(value, bits));
  }));
  CHECK(wrap(128, 8) == -128);
  CHECK(wrap(-129, 8) == 127);
  CHECK(wrap(255, 9) == 255);
}

TEST_CASE("halves round upwards, and a shift of zero does not round") {
  CHECK(rescale(1, 1, 1) == 1);
  CHECK(rescale(-1, 1, 1) == 0);
  CHECK(rescale(-3, 1, 1) == -1);
  CHECK(rescale(-7, 3, 0) == -21);
}

TEST_CASE("clamp saturates at both ends") {
  CHECK(clamp(-1000, -128, 127) == -128);
  CHECK(clamp(1000, 0, 255) == 255);
  CHECK(clamp(-5, -128, 127) == -5);
  CHECK(clamp(INT64_MAX, -32768, 32767) == 32767);
  CHECK(clamp(INT64_MIN, -32768, 32767) == -32768);
}
