// Ranges of activations over images.
#include "quant/method/calibration.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "quant/eval/integer_evaluator.h"
#include "quant/ir/integer_values.h"
#include "quant/method/quantizer.h"
#include "tests/quant/ir/network_builder.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

Network shifting_network(int pixels) {
  NetworkBuilder builder({1, 1, pixels});
  return builder.build(builder.affine("shifted", 0, {1}, {-10}));
}

/// Half-whole magnitudes, few of them large, and the largest, 4096.
std::vector<float> heavy_tailed(std::uint64_t seed, bool is_signed) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> magnitude(1.0 / 150);
  std::vector<float> values(2000);
  for (float& value : values) {
    value = static_cast<float>(std::min(std::floor(magnitude(random)), 4095.0) + 0.5);
    if (is_signed && random() % 2 == 0) value = -value;
  }
  values.front() = 4096;
  if (is_signed) values.back() = -4095.5F;
  return values;
}

/// The limit with the least squared error of `levels` steps up to it, by trying each.
double best_limit(const std::vector<float>& values, double levels) {
  double best = 0, least = std::numeric_limits<double>::infinity();
  for (double limit = 512; limit <= 4096; limit += 16) {
    double error = 0;
    for (const float value : values) {
      const double magnitude = std::min<double>(std::abs(value), 4095.5);
      error += magnitude > limit ? std::pow(magnitude - limit, 2) : std::pow(limit / levels, 2) / 12;
    }
    if (error < least) {
      least = error;
      best = limit;
    }
  }
  return best;
}

}  // namespace

TEST_CASE("calibration tells whole numbers of the input, zeros aside") {
  const auto found = [](const std::vector<std::vector<float>>& images) {
    return calibrate(shifting_network(3), images).of_input;
  };
  CHECK(found({{0, 13, 499}, {7, -1, 2}}) == WholeNumbers::kAll);
  CHECK(found({{0, 13, 0.5F}, {0, -1, 2}}) == WholeNumbers::kSome);
  CHECK(found({{0, 13.5F, 0.5F}, {0, 1, 2}}) == WholeNumbers::kNone);  // zero at every step
  CHECK(found({{0, 0, 0}}) == WholeNumbers::kNone);
}

TEST_CASE("clipping by error takes the limit with the least error of rounding and saturating") {
  NetworkBuilder builder({1, 1, 2000});
  const Network network = builder.build(builder.affine("same", 0, {1}, {0}));
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    for (const bool is_signed : {false, true}) {
      for (const int bits : {8, 16}) {
        CAPTURE(seed, is_signed, bits);
        const std::vector<float> values = heavy_tailed(seed, is_signed);
        const double levels = bits == 16 ? 32767 : is_signed ? 127 : 255;
        const double limit = best_limit(values, levels);
        CHECK((bits == 16 || limit < 4096));
        CalibrationOptions options;
        options.clipping = Clipping::kError;
        options.activation_bits = bits;
        const Calibration calibration = calibrate(network, {values}, options);
        CHECK(calibration.ranges.at("same").max == limit);
        CHECK(calibration.ranges.at("input").max == 4096);
      }
    }
  }
}

TEST_CASE("ranges do not depend on the number of threads") {
  const Network network = shifting_network(2000);
  std::vector<std::vector<float>> images;
  for (std::uint64_t seed = 1; seed <= 21; ++seed) images.push_back(heavy_tailed(seed, seed % 3 == 0));
  images[13][1] = -5000;
  for (const CalibrationOptions& base :
       {CalibrationOptions{}, CalibrationOptions{99.0}, CalibrationOptions{100, Clipping::kError}}) {
    const auto ranges = [&](int threads) {
      CalibrationOptions options = base;
      options.threads = threads;
      const ValueRange range = calibrate(network, images, options).ranges.at("shifted");
      return std::pair{range.min, range.max};
    };
    const auto alone = ranges(1);
    for (const int threads : {2, 5, 8, 16}) {
      CAPTURE(threads);
      CHECK(ranges(threads) == alone);
    }
  }
}

TEST_CASE("ranges span all images") {
  const Network network = shifting_network(2);
  const Calibration calibration = calibrate(network, {{1, 2}, {-3, 4}, {0, 0}});
  CHECK(calibration.ranges.at("input").min == -3);
  CHECK(calibration.ranges.at("input").max == 4);
  CHECK(calibration.ranges.at("shifted").min == -13);
  CHECK(calibration.ranges.at("shifted").max == -6);
}

TEST_CASE("a percentile cuts outliers of inner tensors only") {
  std::vector<float> image(1000, 11.0F);
  image[0] = 1010.0F;
  const Network network = shifting_network(1000);
  const Calibration calibration = calibrate(network, {image}, {99.0});
  CHECK(calibration.ranges.at("input").max == 1010.0F);
  CHECK(calibration.ranges.at("shifted").max >= 1.0F);
  CHECK(calibration.ranges.at("shifted").max < 1.5F);
  CHECK(calibrate(network, {image}, {100.0}).ranges.at("shifted").max == 1000.0F);
}

TEST_CASE("calibration refuses what it cannot work with") {
  const Network network = shifting_network(2);
  CHECK_THROWS_WITH(calibrate(network, {}), Catch::Contains("at least one image"));
  CHECK_THROWS_WITH(calibrate(network, {{1, 2, 3}}), Catch::Contains("an image of 3 values"));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(calibrate(network, {{1, 2}, {3, kInfinity}}),
                    Catch::Contains("calibration: a value of tensor 'input' is inf"));
  CHECK_THROWS_WITH(calibrate(network, {{1, 2}}, {0.0}), Catch::Contains("percentile = 0"));
  CHECK_THROWS_WITH(calibrate(network, {{1, 2}}, {100.5}), Catch::Contains("percentile = 100.5"));
}

TEST_CASE("values between operators of the host may be infinite, what is quantized may not") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> identity = {1, 0, 0, 0, 1, 0, 0, 0, 1}, image = {1, 3, 2};
  const auto masked = [&](bool reaches_layer) {
    NetworkBuilder builder({3, 1, 1});
    const int conv = builder.conv("conv", 0, 3, square_window(1), identity, {0, 0, 0});
    HostOperator add = host_operator("Add");
    add.operands = {{-1, {{1, 3, 1, 1}, {0, 0, -kInfinity}}}};
    const int sum = builder.host("masked", {conv}, add);
    if (reaches_layer)
      return builder.build(builder.conv("last", sum, 3, square_window(1), identity, {0, 0, 0}));
    return builder.build(builder.softmax("softmax", sum));
  };
  const Network network = masked(false);
  for (const CalibrationOptions& options :
       {CalibrationOptions{}, CalibrationOptions{99.0}, CalibrationOptions{100, Clipping::kError}}) {
    const Calibration calibration = calibrate(network, {image}, options);
    CHECK(calibration.ranges.at("masked").min == -kInfinity);
    const QuantizedNetwork quantized = quantize(network, calibration);
    const std::vector<std::int32_t> found =
        IntegerEvaluator(quantized).run(quantize_values(quantized.tensors[0], image));
    CHECK(found == std::vector<std::int32_t>{30, 225, 0});
  }
  CHECK_THROWS_WITH(calibrate(masked(true), {image}),
                    "calibration: a value of tensor 'masked' is -inf; accepted: finite values");
  Calibration calibration = calibrate(network, {image});
  calibration.ranges["conv"].min = -kInfinity;
  CHECK_THROWS_WITH(quantize(network, calibration),
                    Catch::Contains("tensor 'conv' was calibrated from -inf to 3; accepted: finite values"));
}

TEST_CASE("values may be infinite ahead of what goes to the host") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> identity = {1, 0, 0, 0, 1, 0, 0, 0, 1}, image = {1, 3, 0};
  NetworkBuilder builder({3, 1, 1});
  const int conv = builder.conv("conv", 0, 3, square_window(1), identity, {0, 0, 0});
  const int relu = builder.relu("relu", conv);
  const int log = builder.host("log", {relu}, host_operator("Log"));
  SECTION("an addition") {
    const int sum = builder.add("sum", conv, log);
    const Network network = builder.build(builder.softmax("softmax", sum));
    const Calibration calibration = calibrate(network, {image});
    CHECK(calibration.ranges.at("log").min == -kInfinity);
    CHECK(calibration.ranges.at("sum").min == -kInfinity);
    const QuantizedNetwork quantized = quantize(network, calibration);
    const std::vector<std::int32_t> found =
        IntegerEvaluator(quantized).run(quantize_values(quantized.tensors[0], image));
    CHECK(found == std::vector<std::int32_t>{11, 244, 0});
  }
  SECTION("a clip") {
    const int clip = builder.clip("clip", log, -5, 5);
    const bool reaches_layer = GENERATE(false, true);
    CAPTURE(reaches_layer);
    const Network network = builder.build(
        reaches_layer ? builder.conv("last", clip, 3, square_window(1), identity, {0, 0, 0}) : clip);
    const Calibration calibration = calibrate(network, {image});
    CHECK(calibration.ranges.at("log").min == -kInfinity);
    CHECK(calibration.ranges.at("clip").min == -5);
    const QuantizedNetwork quantized = quantize(network, calibration);
    const std::vector<std::int32_t> found =
        IntegerEvaluator(quantized).run(quantize_values(quantized.tensors[0], image));
    CHECK(found == std::vector<std::int32_t>{0, 28, -127});
  }
  SECTION("not what a layer adds") {
    const int sum = builder.add("sum", conv, log);
    const Network network =
        builder.build(builder.conv("last", sum, 3, square_window(1), identity, {0, 0, 0}));
    CHECK_THROWS_WITH(calibrate(network, {image}), Catch::Contains("is -inf; accepted: finite values"));
  }
}
