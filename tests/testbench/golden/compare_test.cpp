#include "testbench/golden/compare.h"

#include <catch2/catch.hpp>

#include "tests/testbench/run/small_network.h"

namespace bitbalance::test {
namespace {

TEST_CASE("a mismatch names layer, image, channel, y, x, expected and found") {
  const QuantizedTensor tensor = wide_tensor("t", {2, 2, 3});
  const std::vector<std::int32_t> expected(12, 5);
  std::vector<std::int32_t> found = expected;
  found[6 + 3 + 2] = -7;
  Comparison result;
  compare("conv1", tensor, 41, expected, found, result);
  CHECK(result.elements == 12);
  CHECK(result.mismatches == 1);
  REQUIRE(result.first.size() == 1);
  CHECK(describe(result.first[0]) == "layer 'conv1', image 41, channel 1, y 1, x 2: expected 5, found -7");
}

TEST_CASE("all mismatches are counted and the first few kept") {
  const QuantizedTensor tensor = wide_tensor("t", {1, 10, 10});
  Comparison result;
  compare("a", tensor, 0, std::vector<std::int32_t>(100, 1), std::vector<std::int32_t>(100, 2), result);
  compare("a", tensor, 1, std::vector<std::int32_t>(100, 1), std::vector<std::int32_t>(100, 1), result);
  CHECK(result.elements == 200);
  CHECK(result.mismatches == 100);
  CHECK(result.first.size() == Comparison::kKept);
}

TEST_CASE("tensors in DRAM are little-endian, signed or unsigned, 8 or 16 bit") {
  QuantizedTensor tensor = wide_tensor("t", {1, 1, 3});
  const std::vector<std::int32_t> values = {-32768, -2, 300};
  const std::vector<std::uint8_t> bytes = {0x00, 0x80, 0xfe, 0xff, 0x2c, 0x01};
  CHECK(pack(tensor, values) == bytes);
  CHECK(unpack(tensor, bytes.data()) == values);

  tensor.bits = 8;
  const std::vector<std::uint8_t> small = {0x80, 0xff, 0x7f};
  CHECK(unpack(tensor, small.data()) == std::vector<std::int32_t>{-128, -1, 127});
  CHECK(pack(tensor, {-128, -1, 127}) == small);
  tensor.is_signed = false;
  CHECK(unpack(tensor, small.data()) == std::vector<std::int32_t>{128, 255, 127});
  CHECK(image_bytes(tensor) == 3);
}

}  // namespace
}  // namespace bitbalance::test
