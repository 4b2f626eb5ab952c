// Attributes and extents of host operators as a damaged file can have them: refused, never followed out of a
// tensor.
#include <catch2/catch.hpp>

#include <limits>
#include <random>

#include "base/checked.h"
#include "quant/host/host_graph.h"
#include "tests/support/names.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

HostOperator step(const char* type, std::map<std::string, std::vector<std::int64_t>> integers) {
  HostOperator op;
  op.type = type;
  op.attributes.integers = std::move(integers);
  return op;
}

std::string refusal(const HostOperator& op, const Dims& dims) {
  const HostTensor x(dims);
  try {
    evaluate(op, {x, x});
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

/// Small numbers, and those at which 64 bits and extents end.
std::int64_t any_integer(std::mt19937& random) {
  constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kHigh = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kEdges[] = {kLow,           kLow + 1,      -kMostElements,        -kLargestExtent,
                                     kLargestExtent, kMostElements, std::int64_t{1} << 32, kHigh - 1,
                                     kHigh};
  if (random() % 4 == 0) return kEdges[random() % std::size(kEdges)];
  return static_cast<std::int64_t>(random() % 9) - 3;
}

float any_float(std::mt19937& random) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kEdges[] = {-kInfinity, kInfinity, std::numeric_limits<float>::quiet_NaN(),
                              1e38F,      -1e38F,    0};
  if (random() % 4 == 0) return kEdges[random() % std::size(kEdges)];
  return static_cast<float>(random() % 16) / 4;
}

Dims any_dims(std::mt19937& random) {
  Dims dims(random() % 5);
  for (std::int64_t& extent : dims) extent = static_cast<std::int64_t>(random() % 5);
  return dims;
}

HostOperator any_operator(std::mt19937& random) {
  static const std::vector<std::string> types(host_operators().begin(), host_operators().end());
  HostOperator op;
  op.type = types[random() % types.size()];
  op.opset = static_cast<std::int64_t>(random() % 20);
  for (const char* name : {"axes",           "axis",         "blocksize",
                           "dilations",      "ends",         "exclude_outside",
                           "group",          "keepdims",     "noop_with_empty_axes",
                           "output_padding", "output_shape", "pads",
                           "perm",           "repeats",      "shape",
                           "size",           "sizes",        "starts",
                           "steps",          "strides",      "transA"}) {
    if (random() % 2 == 0) continue;
    std::vector<std::int64_t>& list = op.attributes.integers[name];
    list.resize(random() % 9);
    for (std::int64_t& value : list) value = any_integer(random);
  }
  for (const char* name : {"roi", "scales"}) {
    std::vector<float>& list = op.attributes.numbers[name];
    list.resize(random() % 9);
    for (float& value : list) value = any_float(random);
  }
  constexpr const char* kModes[] = {"edge", "reflect", "linear", "cubic"};
  if (random() % 2 == 0) op.attributes.words["mode"] = kModes[random() % std::size(kModes)];
  constexpr const char* kPads[] = {"SAME_UPPER", "SAME_LOWER", "VALID"};
  if (random() % 2 == 0) op.attributes.words["auto_pad"] = kPads[random() % std::size(kPads)];
  if (random() % 2 == 0) op.attributes.words["coordinate_transformation_mode"] = "tf_crop_and_resize";
  return op;
}

}  // namespace

TEST_CASE("attributes that lead out of a tensor are refused") {
  constexpr std::int64_t kHigh = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
  CHECK_THAT(refusal(step("Transpose", {{"perm", {0, 0}}}), {2, 3}), Catch::Contains("each dimension once"));
  CHECK_THAT(refusal(step("Tile", {{"repeats", {kHigh, 2}}}), {2, 3}), Catch::Contains("repeats is"));
  CHECK_THAT(refusal(step("Pad", {{"pads", {kLow, 0}}}), {4}), Catch::Contains("pads is"));
  CHECK_THAT(refusal(step("Pad", {{"pads", {kHigh, kHigh}}}), {4}), Catch::Contains("pads is"));
  CHECK_THAT(refusal(step("LRN", {{"size", {kLow}}}), {1, 2, 2}), Catch::Contains("size"));
  CHECK_THAT(refusal(step("ConvTranspose", {{"strides", {kHigh, 1}}}), {2, 2, 2, 2}),
             Catch::Contains("strides is [9223372036854775807, 1]"));
  CHECK_THAT(refusal(step("ConvTranspose", {{"output_shape", {kHigh, kHigh}}}), {2, 2, 2, 2}),
             Catch::Contains("output_shape is"));
  CHECK_THAT(refusal(step("Reshape", {{"shape", {0, kHigh, kHigh}}}), {0}), Catch::Contains("at most"));
  HostOperator resize = step("Resize", {});
  resize.attributes.numbers["scales"] = {std::numeric_limits<float>::infinity()};
  CHECK_THAT(refusal(resize, {4}), Catch::Contains("an extent of 4 times inf"));
}

TEST_CASE("operators with random attributes are refused, or give as many elements as their extents say") {
  std::mt19937 random(20);
  int results = 0;
  for (int i = 0; i < 20'000; ++i) {
    const HostOperator op = any_operator(random);
    std::vector<HostTensor> tensors;
    for (unsigned n = random() % 4; n > 0; --n) {
      tensors.emplace_back(any_dims(random));
      for (float& value : tensors.back().values) value = any_float(random);
    }
    CAPTURE(i, op.type);
    try {
      const HostTensor result = evaluate(op, {tensors.begin(), tensors.end()});
      REQUIRE(checked_count(result.dims) == static_cast<std::int64_t>(result.values.size()));
      ++results;
    } catch (const std::invalid_argument& error) {
      REQUIRE(std::string(error.what()).find('\n') == std::string::npos);
    }
  }
  CHECK(results > 2'000);
}
