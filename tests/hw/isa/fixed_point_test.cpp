// The arithmetic behind the array against 128-bit integers.
#include "hw/isa/fixed_point.h"
#include "tests/support/names.h"
#include "tests/support/reference_arithmetic.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

std::int64_t any_accumulator(int bits) {
  const std::int64_t limit = std::int64_t{1} << (bits - 1);
  return *rc::gen::oneOf(rc::gen::inRange(-limit, limit),
                         rc::gen::element(-limit, limit - 1, std::int64_t{0}));
}

}  // namespace

TEST_CASE("a result equals 128-bit arithmetic for every accumulator, bias, multiplier, shift and operand") {
  REQUIRE(rc::check([] {
    const int bits = *rc::gen::inRange(16, 49);
    const std::int64_t accumulator = any_accumulator(bits);
    const std::int64_t bias = any_accumulator(48);
    const int multiplier = *rc::gen::oneOf(rc::gen::inRange(0, 65536), rc::gen::just(65535));
    const int shift = *rc::gen::inRange(0, 48);
    const Int128 sum = reference_wrapped(Int128{accumulator} + bias, bits);
    const std::int64_t scaled = reference_rescaled(sum, multiplier, shift);
    const std::int64_t product =
        biased_product(accumulator, bias, static_cast<std::uint16_t>(multiplier), shift, bits);
    RC_ASSERT((product >> shift) == scaled);
    const std::int64_t limit = std::int64_t{1} << 32;
    // Near what it is added to, too, so that not all sums are beyond the limits.
    const std::int64_t operand =
        *rc::gen::oneOf(rc::gen::inRange(-limit, limit), rc::gen::inRange(-scaled - 40000, -scaled + 40000));
    const auto one = *rc::gen::arbitrary<std::int16_t>(), other = *rc::gen::arbitrary<std::int16_t>();
    const std::int16_t low = std::min(one, other), high = std::max(one, other);
    RC_ASSERT(Int128{result_of(product, shift, operand, low, high)} ==
              std::clamp<Int128>(Int128{scaled} + operand, low, high));
  }));
}

TEST_CASE("wrap keeps the low bits as two's complement") {
  REQUIRE(rc::check([](std::int64_t value) {
    const int bits = *rc::gen::inRange(1, 65);
    RC_ASSERT(Int128{wrap(value, bits)} == reference_wrapped(value, bits));
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
