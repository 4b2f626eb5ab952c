#include <rapidcheck.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "hw/isa/weight/row_stream.h"
#include "quant/ir/representable.h"
#include "tests/support/names.h"

using namespace bitbalance;
using namespace bitbalance::test;

TEST_CASE("a row's codes follow each other without gaps and end on a word") {
  CHECK(rc::check([] {
    const int bits = *rc::gen::inRange(2, 17);
    const int nnzb = *rc::gen::inRange(1, std::min(bits, 15));
    const TokenForm form = *rc::gen::element(TokenForm::kBinary, TokenForm::kSignedDigit);
    const WeightStorage storage = *rc::gen::element(WeightStorage::kDense, WeightStorage::kTokens);
    AcceleratorConfig config;
    config.token_form = form;
    config.weight_storage = storage;
    config.synchronization = (*rc::gen::elementOf(synchronization_rules())).synchronization;
    const RowStream stream(bits, nnzb, config);
    const WeightFormat& format = stream.format();
    const RepresentableSet set(bits, nnzb, form);
    const auto& magnitudes = set.magnitudes();
    const auto picks = *rc::gen::container<std::vector<int>>(
        rc::gen::inRange(-static_cast<int>(magnitudes.size()) + 1, static_cast<int>(magnitudes.size())));
    std::vector<std::int16_t> weights;
    for (const int pick : picks) {
      const std::int32_t magnitude = magnitudes[std::abs(pick)];
      weights.push_back(static_cast<std::int16_t>(pick < 0 ? -magnitude : magnitude));
    }

    const int limit = *rc::gen::inRange(1, nnzb + 1);
    std::vector<std::uint8_t> bytes(3, 0xee);  // what stands before must stay
    stream.append(bytes, weights.data(), weights.size(), limit);
    const std::uint32_t length = stream.bytes(static_cast<std::int64_t>(weights.size()));
    RC_ASSERT(bytes.size() == 3 + length);
    RC_ASSERT(bytes[2] == 0xee);
    RC_ASSERT(length % 8 == 0);
    RC_ASSERT(8 * length <
              weights.size() * static_cast<std::size_t>(format.bits()) + 64 + stream.head_bits());
    const auto bit = [&](std::size_t i) { return std::uint64_t{bytes[3 + i / 8]} >> i % 8 & 1; };
    if (stream.head_bits() != 0) RC_ASSERT(stream.limit_in(bytes[3]) == limit);
    auto at = static_cast<std::size_t>(stream.head_bits());
    for (const std::int16_t weight : weights) {
      std::uint64_t code = 0;
      for (int i = 0; i < format.bits(); ++i) code |= bit(at++) << i;
      RC_ASSERT(value(format.unpack(code)) == weight);
    }
    while (at < 8 * length) RC_ASSERT(bit(at++) == 0);
  }));
}
