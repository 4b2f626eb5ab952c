#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "hw/isa/weight/tokens.h"
#include "quant/ir/representable.h"
#include "tests/support/names.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

constexpr TokenForm kForms[] = {TokenForm::kBinary, TokenForm::kSignedDigit};
constexpr WeightStorage kStorages[] = {WeightStorage::kDense, WeightStorage::kTokens};

std::int32_t sum(const TokenList& list) {
  std::int32_t total = 0;
  for (int i = 0; i < list.count; ++i) {
    const Token& token = list.token[i];
    total += (token.negative ? -1 : 1) * (1 << token.position);
  }
  return total;
}

/// Calls `visit` for every format that exists.
template <class Visit>
void for_each_format(const Visit& visit) {
  for (int bits = 2; bits <= 16; ++bits) {
    for (int nnzb = 1; nnzb < bits; ++nnzb) {
      for (const TokenForm form : kForms) {
        for (const WeightStorage storage : kStorages) {
          if (stored_bits(bits, nnzb, form, storage) <= kMaxStoredBits) visit(bits, nnzb, form, storage);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("tokens of a weight add up to it, leading one first") {
  for (const TokenForm form : kForms) {
    for (std::int32_t weight = -32767; weight <= 32767; ++weight) {
      const TokenMask mask = token_mask(weight, form);
      const TokenList list = tokens(mask);
      bool descending = true;
      for (int i = 1; i < list.count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        descending &= list.token[at].position < list.token[at - 1].position;
      }
      if (!descending || sum(list) != weight || value(mask) != weight ||
          list.count != token_count(weight, form)) {
        FAIL("weight " << weight);
      }
    }
  }
}

TEST_CASE("binary tokens of a weight share its sign") {
  const TokenList list = tokens(token_mask(-90, TokenForm::kBinary));  // 90 = 1011010
  REQUIRE(list.count == 4);
  CHECK(list.token[0] == Token{true, 6});
  CHECK(list.token[1] == Token{true, 4});
  CHECK(list.token[2] == Token{true, 3});
  CHECK(list.token[3] == Token{true, 1});
}

TEST_CASE("signed digits replace runs of ones and reach one position higher") {
  const TokenList list = tokens(token_mask(127, TokenForm::kSignedDigit));
  REQUIRE(list.count == 2);
  CHECK(list.token[0] == Token{false, 7});
  CHECK(list.token[1] == Token{true, 0});
  for (std::int32_t weight = -32767; weight <= 32767; ++weight) {
    const std::uint32_t ones = token_mask(weight, TokenForm::kSignedDigit).ones;
    if ((ones & (ones >> 1)) != 0) FAIL("neighbouring digits in " << weight);
  }
}

TEST_CASE("8-bit binary weights stored as tokens take 9, 12 and 16 bits at nnzb 2, 3 and 4") {
  CHECK(stored_bits(8, 2, TokenForm::kBinary, WeightStorage::kTokens) == 9);
  CHECK(stored_bits(8, 3, TokenForm::kBinary, WeightStorage::kTokens) == 12);
  CHECK(stored_bits(8, 4, TokenForm::kBinary, WeightStorage::kTokens) == 16);
  CHECK(stored_bits(8, 4, TokenForm::kBinary, WeightStorage::kDense) == 8);
}

TEST_CASE("signed digits are stored with a sign each and have room for as many as a weight can have") {
  CHECK(stored_bits(8, 2, TokenForm::kSignedDigit, WeightStorage::kTokens) == 2 * (3 + 1) + 2);
  CHECK(stored_bits(8, 7, TokenForm::kSignedDigit, WeightStorage::kTokens) == 4 * (3 + 1) + 3);
}

TEST_CASE("every representable weight comes back from every stored form") {
  for_each_format([](int bits, int nnzb, TokenForm form, WeightStorage storage) {
    const WeightFormat format(bits, nnzb, form, storage);
    const std::int32_t limit = (1 << (bits - 1)) - 1;
    for (std::int32_t weight = -limit; weight <= limit; ++weight) {
      const TokenMask mask = token_mask(weight, form);
      if (token_count(weight, form) > nnzb) continue;
      const std::uint64_t code = format.pack(weight);
      const bool short_enough = format.bits() == 64 || code >> format.bits() == 0;
      if (!short_enough || !(format.unpack(code) == mask))
        FAIL(bits << " bits, nnzb " << nnzb << ": " << weight);
    }
  });
}

TEST_CASE("any code unpacks to a mask within the positions") {
  std::mt19937_64 random(1);
  for_each_format([&](int bits, int nnzb, TokenForm form, WeightStorage storage) {
    const WeightFormat format(bits, nnzb, form, storage);
    for (int i = 0; i < 20; ++i) {
      const TokenMask mask = format.unpack(random() >> (64 - format.bits()));
      CHECK(mask.ones < 1u << 17);
      CHECK((mask.negatives & ~mask.ones) == 0);
    }
  });
}

TEST_CASE("a code longer than 64 bits is refused") {
  CHECK_THROWS_WITH(WeightFormat(16, 15, TokenForm::kBinary, WeightStorage::kTokens),
                    Catch::Contains("65 bits") && Catch::Contains("at most 64"));
  CHECK_THROWS_WITH(WeightFormat(8, 8, TokenForm::kBinary, WeightStorage::kDense), Catch::Contains("1 to 7"));
  CHECK_THROWS_WITH(WeightFormat(1, 1, TokenForm::kBinary, WeightStorage::kDense),
                    Catch::Contains("2 to 16"));
}
