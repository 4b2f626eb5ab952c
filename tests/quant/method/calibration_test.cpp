// Ranges of activations over images.
#include "quant/method/calibration.h"

#include <catch2/catch.hpp>
#include <limits>

#include <stdexcept>

#include "tests/quant/ir/network_builder.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

Network shifting_network(int pixels) {
  NetworkBuilder builder({1, 1, pixels});
  return builder.build(builder.affine("shifted", 0, {1}, {-10}));
}

}  // namespace

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
