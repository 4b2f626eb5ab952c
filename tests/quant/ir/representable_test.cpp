// Tokens of a weight, the weights that a token limit leaves, and rounding to them, against brute force.
#include "quant/ir/representable.h"
#include "tests/support/names.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

// Fewest powers of two whose signed sum is `value`, by breadth-first search over the powers up to 2^bits.
int fewest_signed_powers(int value, int bits) {
  std::vector<int> reached = {0};
  for (int terms = 0;; ++terms) {
    if (std::find(reached.begin(), reached.end(), value) != reached.end()) return terms;
    std::vector<int> next;
    for (const int sum : reached) {
      for (int position = 0; position <= bits; ++position) {
        next.push_back(sum + (1 << position));
        next.push_back(sum - (1 << position));
      }
    }
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
    reached = std::move(next);
  }
}

struct Setting {
  int weight_bits;
  int nnzb;
  TokenForm form;
};

Setting any_setting(int most_bits) {
  const int weight_bits = *rc::gen::inRange(2, most_bits + 1);
  return {weight_bits, *rc::gen::inRange(1, weight_bits),
          *rc::gen::element(TokenForm::kBinary, TokenForm::kSignedDigit)};
}

// The definition, without the library's tables: all magnitudes ascending, so that a tie goes to the smaller.
int brute_force_nearest(const Setting& setting, double value) {
  int best = 0;
  for (int m = 0; m < 1 << (setting.weight_bits - 1); ++m) {
    if (token_count(m, setting.form) > setting.nnzb) continue;
    if (std::abs(m - std::abs(value)) < std::abs(best - std::abs(value))) best = m;
  }
  return value < 0 ? -best : best;
}

}  // namespace

TEST_CASE("a binary token is a one of the magnitude") {
  CHECK(token_count(0, TokenForm::kBinary) == 0);
  CHECK(token_count(64, TokenForm::kBinary) == 1);
  CHECK(token_count(127, TokenForm::kBinary) == 7);
  CHECK(token_count(-127, TokenForm::kBinary) == 7);
  CHECK(token_count(-32767, TokenForm::kBinary) == 15);
}

TEST_CASE("signed-digit tokens are the fewest signed powers of two that make the weight") {
  CHECK(token_count(127, TokenForm::kSignedDigit) == 2);  // 128 - 1
  for (int weight = 0; weight < 128; ++weight) {
    CAPTURE(weight);
    CHECK(token_count(weight, TokenForm::kSignedDigit) == fewest_signed_powers(weight, 8));
    CHECK(token_count(-weight, TokenForm::kSignedDigit) == token_count(weight, TokenForm::kSignedDigit));
  }
}

TEST_CASE("representable magnitudes are all that obey the limit, ascending from 0") {
  CHECK(RepresentableSet(8, 1, TokenForm::kBinary).magnitudes() ==
        std::vector<std::int32_t>{0, 1, 2, 4, 8, 16, 32, 64});
  CHECK(RepresentableSet(4, 2, TokenForm::kBinary).magnitudes() ==
        std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6});
  CHECK(RepresentableSet(4, 2, TokenForm::kSignedDigit).magnitudes() ==
        std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(RepresentableSet(16, 15, TokenForm::kBinary).magnitudes().size() == 32768);
}

TEST_CASE("rounding finds the nearest of all representable weights, the smaller of two equally near") {
  const RepresentableSet one_bit(8, 1, TokenForm::kBinary);
  CHECK(one_bit.nearest(63) == 64);  // truncation would give 32
  CHECK(one_bit.nearest(48) == 32);
  CHECK(one_bit.nearest(48.01) == 64);
  CHECK(one_bit.nearest(-48) == -32);
  CHECK(one_bit.nearest(0.5) == 0);
  CHECK(one_bit.nearest(1e9) == 64);
  CHECK(one_bit.nearest(-1e9) == -64);

  CHECK(rc::check("quarters of an integer, where every tie lies", [] {
    const Setting setting = any_setting(9);
    const RepresentableSet set(setting.weight_bits, setting.nnzb, setting.form);
    const int limit = 1 << setting.weight_bits;
    for (int quarters = -4 * limit; quarters <= 4 * limit; ++quarters)
      RC_ASSERT(set.nearest(quarters / 4.0) == brute_force_nearest(setting, quarters / 4.0));
  }));
  CHECK(rc::check("any value at any width", [] {
    const Setting setting = any_setting(16);
    const RepresentableSet set(setting.weight_bits, setting.nnzb, setting.form);
    const double value = *rc::gen::inRange(-40000000, 40000000) / 1000.0;
    const std::int32_t nearest = set.nearest(value);
    RC_ASSERT(nearest == brute_force_nearest(setting, value));
    RC_ASSERT(token_count(nearest, setting.form) <= setting.nnzb);
  }));
}

TEST_CASE("weights are representable when each of them is") {
  CHECK(rc::check("any weights", [] {
    const Setting setting = any_setting(16);
    const auto weights = *rc::gen::container<std::vector<std::int16_t>>(
        rc::gen::map(rc::gen::inRange(-40, 41), [](int w) { return static_cast<std::int16_t>(w); }));
    const int largest = *rc::gen::inRange(0, 41);
    const bool expected = std::all_of(weights.begin(), weights.end(), [&](int weight) {
      return std::abs(weight) <= largest && token_count(weight, setting.form) <= setting.nnzb;
    });
    RC_ASSERT(are_representable(weights.data(), weights.size(), largest, setting.nnzb, setting.form) ==
              expected);
  }));
}

TEST_CASE("a token limit outside the magnitude's bits is refused") {
  CHECK_THROWS_WITH(RepresentableSet(8, 0, TokenForm::kBinary),
                    Catch::Contains("nnzb = 0: accepted: 1 to 7"));
  CHECK_THROWS_WITH(RepresentableSet(8, 8, TokenForm::kBinary),
                    Catch::Contains("nnzb = 8: accepted: 1 to 7"));
  CHECK_THROWS_WITH(RepresentableSet(1, 1, TokenForm::kBinary), Catch::Contains("weight_bits = 1"));
  CHECK_THROWS_WITH(RepresentableSet(17, 1, TokenForm::kBinary), Catch::Contains("weight_bits = 17"));
}
