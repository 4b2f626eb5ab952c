#include "quant/onnx/file/fixed_extents.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <stdexcept>

#include "tests/support/names.h"

namespace bitbalance::onnx_io {
namespace {

using Symbols = std::map<std::string, std::int64_t>;

std::string refusal(const std::vector<FixedShape>& inputs, const Symbols& symbols = {}) {
  try {
    fixed_extents(inputs, symbols);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

const FileExtent kOpen = {}, kBatch = {0, "batch"}, kM = {0, "m"}, kK = {0, "k"};

}  // namespace

TEST_CASE("open extents of fixed inputs: the image's, a batch of 1, and what values say") {
  CHECK(fixed_extents({{"a", {kBatch, kM}}}, {{"m", 5}}) == std::vector<Dims>{{1, 5}});
  CHECK(fixed_extents({{"a", {{1}, kM, {2}}, 6}}, {}) == std::vector<Dims>{{1, 3, 2}});
  CHECK(fixed_extents({{"a", {kM, {2}, kM}, 18}}, {}) == std::vector<Dims>{{3, 2, 3}});
  CHECK(fixed_extents({{"a", {kM, kM}, 16}}, {}) == std::vector<Dims>{{4, 4}});
  CHECK(fixed_extents({{"a", {{2}, kOpen}, 6}, {"b", {{2}, kOpen}}}, {}) ==
        std::vector<Dims>{{2, 3}, {2, 1}});
  CHECK(fixed_extents({{"a", {kM}}, {"b", {kM}, 7}, {"c", {}}}, {}) == std::vector<Dims>{{7}, {7}, {}});
  // In any order.
  std::vector<FixedShape> inputs = {{"a", {{1}, kM, kK}, 6}, {"b", {{1}, kM, {1}}, 3}, {"c", {{1}, kK}}};
  CHECK(fixed_extents(inputs, {}) == std::vector<Dims>{{1, 3, 2}, {1, 3, 1}, {1, 2}});
  std::reverse(inputs.begin(), inputs.end());
  CHECK(fixed_extents(inputs, {}) == std::vector<Dims>{{1, 2}, {1, 3, 1}, {1, 3, 2}});
}

TEST_CASE("extents that values do not decide are refused by name") {
  CHECK(refusal({{"a", {{1}, kM}}}) ==
        "input 'a': m is open; accepted: a symbol of another input, or, if it is the only open one of [1, "
        "m], one "
        "value for each element");
  CHECK(refusal({{"a", {{1}, kM, kK, kOpen}, 6}}).rfind("input 'a': k, m is open", 0) == 0);
  CHECK(refusal({{"a", {{2}, kM}, 3}}) ==
        "input 'a': 3 values for [2, m]; accepted: one, or one for each element");
  CHECK(refusal({{"a", {kM, kM}, 8}}).rfind("input 'a': 8 values for [m, m]", 0) == 0);
  CHECK(refusal({{"a", {{1}, kM}, 2}, {"b", {{1}, kM, {std::int64_t{1} << 62}, {4}}, 8}}) == "accepted");
  CHECK(refusal({{"a", {kM, {std::int64_t{1} << 62}, {4}, kM}, 8}}).rfind("input 'a': 8 values for [m", 0) ==
        0);
}

TEST_CASE("random fixed inputs have the extents that their values were counted by, or are refused") {
  std::mt19937_64 random(1);
  const auto draw = [&](int from, int to) { return from + static_cast<int>(random() % (to - from + 1)); };
  int solved = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    Symbols truth = {{"m", draw(1, 4)}, {"k", draw(1, 4)}, {"n", draw(1, 4)}, {"batch", 1}};
    Symbols image;
    if (draw(0, 2) == 0) image["n"] = truth["n"];
    std::vector<FixedShape> inputs;
    std::vector<Dims> expected;
    for (int count = draw(1, 4); count > 0; --count) {
      FixedShape& input = inputs.emplace_back();
      Dims& dims = expected.emplace_back();
      const int rank = draw(0, 4);
      for (int d = 0; d < rank; ++d) {
        const bool is_batch = d == 0 && rank > 1;
        const int kind = draw(0, 3);
        FileExtent extent;
        if (kind == 0) extent.number = draw(1, 4);
        if (kind > 1) extent.symbol = is_batch ? "batch" : std::string(1, "mkn"[draw(0, 2)]);
        dims.push_back(kind == 0 ? extent.number : kind == 1 ? 1 : truth[extent.symbol]);
        input.extents.push_back(extent);
      }
      if (draw(0, 1) == 0) {
        input.values = 1;
        for (const std::int64_t dim : dims) input.values *= dim;
      }
    }
    CAPTURE(i);
    try {
      const std::vector<Dims> found = fixed_extents(inputs, image);
      for (std::size_t k = 0; k < inputs.size(); ++k) {
        CAPTURE(k, inputs[k].values);
        // Of a vector by itself one value says nothing: it is 1.
        if (inputs[k].extents.size() > 1 || inputs[k].values > 1) REQUIRE(found[k] == expected[k]);
      }
      ++solved;
    } catch (const std::invalid_argument&) {
      ++refused;
    }
  }
  CHECK(solved > 3'000);
  CHECK(refused > 3'000);
}

}  // namespace bitbalance::onnx_io
