// Methods that look at calibration images: what they promise on random networks.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "quant/eval/evaluator.h"
#include "quant/eval/integer_evaluator.h"
#include "quant/ir/integer_values.h"
#include "quant/ir/network_zoo.h"
#include "quant/ir/representable.h"
#include "quant/method/quantizer.h"
#include "tests/quant/ir/network_builder.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

std::vector<std::vector<float>> images_of(const Network& network, int count) {
  std::vector<std::vector<float>> images;
  for (int i = 0; i < count; ++i) images.push_back(synthetic_image(network.shape(network.input), i));
  return images;
}

/// A residual network with groups, a concatenation and a fully connected end.
Network branched() {
  NetworkBuilder b({3, 8, 8});
  const int stem = b.relu("stem_relu", b.conv("stem", 0, 8, square_window(3, 1, 1), random_values(8 * 27, 1),
                                              random_values(8, 2)));
  const int deep =
      b.conv("deep", stem, 8, square_window(3, 1, 1), random_values(8 * 4 * 9, 3), random_values(8, 4), 2);
  const int sum = b.relu("sum_relu", b.add("sum", deep, stem));
  const int wide = b.relu("wide_relu", b.conv("wide", sum, 8, square_window(3, 1, 1), random_values(8 * 9, 5),
                                              random_values(8, 6), 8));
  const int thin = b.relu(
      "thin_relu", b.conv("thin", sum, 4, square_window(1), random_values(4 * 8, 7), random_values(4, 8)));
  const int pooled = b.pool("pool", Op::kMaxPool, b.concat("both", {wide, thin}), square_window(2, 2));
  return b.build(
      b.conv("fc", pooled, 5, square_window(4), random_values(5 * 12 * 16, 9), random_values(5, 10)));
}

/// Squared error of the outputs on images that no method has seen, over the outputs' power.
double relative_error(const Network& network, const QuantizedNetwork& quantized) {
  Evaluator floats(network);
  const IntegerEvaluator integers(quantized);
  const double scale = quantized.tensors[quantized.output].scale;
  double error = 0;
  double power = 0;
  for (int i = 1000; i < 1016; ++i) {
    const std::vector<float> image = synthetic_image(network.shape(network.input), i);
    const std::vector<float>& expected = floats.run(image);
    const auto found = integers.run(quantize_values(quantized.tensors[quantized.input], image));
    for (std::size_t k = 0; k < found.size(); ++k) {
      error += std::pow(found[k] * scale - expected[k], 2);
      power += std::pow(expected[k], 2);
    }
  }
  return error / power;
}

QuantizationOptions compensated(int nnzb) {
  QuantizationOptions options;
  options.nnzb = nnzb;
  options.method = WeightMethod::kCompensated;
  options.bias_correction = true;
  return options;
}

bool same(const QuantizedNetwork& a, const QuantizedNetwork& b) {
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    if (a.layers[i].weights != b.layers[i].weights || a.layers[i].bias != b.layers[i].bias ||
        a.layers[i].weight_scale != b.layers[i].weight_scale)
      return false;
  }
  return a.layers.size() == b.layers.size();
}

}  // namespace

TEST_CASE("compensated weights are representable for any limit, form and option") {
  const Network network = branched();
  const auto images = images_of(network, 4);
  const Calibration calibration = calibrate(network, images);
  const bool held = rc::check("any limit, form and option", [&] {
    QuantizationOptions options = compensated(1);
    options.weight_bits = *rc::gen::inRange(2, 17);
    options.nnzb = *rc::gen::inRange(1, options.weight_bits);
    options.token_form = *rc::gen::element(TokenForm::kBinary, TokenForm::kSignedDigit);
    options.sequential = *rc::gen::arbitrary<bool>();
    options.bias_correction = *rc::gen::arbitrary<bool>();
    options.compensation.activation_order = *rc::gen::arbitrary<bool>();
    options.compensation.refinements = *rc::gen::inRange(0, 3);
    options.compensation.damping = *rc::gen::element(kLeastDamping, 0.01, 1.0);
    const QuantizedNetwork quantized = quantize(network, calibration, options, images);
    for (const QuantizedLayer& layer : quantized.layers) {
      for (const std::int16_t weight : layer.weights) {
        RC_ASSERT(token_count(weight, options.token_form) <= options.nnzb);
        RC_ASSERT(std::abs(weight) < 1 << (options.weight_bits - 1));
      }
    }
  });
  CHECK(held);
}

TEST_CASE("compensation, its refinement and the real inputs each lower the error at one bit a weight") {
  const Network network = branched();
  const auto images = images_of(network, 64);
  const Calibration calibration = calibrate(network, images);
  const auto error = [&](const QuantizationOptions& options) {
    return relative_error(network, quantize(network, calibration, options, images));
  };
  QuantizationOptions nearest;
  nearest.nnzb = 1;
  QuantizationOptions unrefined = compensated(1);
  unrefined.compensation.refinements = 0;
  QuantizationOptions apart = compensated(1);
  apart.sequential = false;
  CHECK(error(compensated(1)) < error(nearest) / 2);
  CHECK(error(compensated(1)) < error(unrefined));
  CHECK(error(compensated(1)) < error(apart));
}

TEST_CASE("the result does not depend on the number of threads") {
  const Network network = branched();
  const auto images = images_of(network, 9);
  const Calibration calibration = calibrate(network, images);
  QuantizationOptions options = compensated(2);
  options.threads = 1;
  const QuantizedNetwork one = quantize(network, calibration, options, images);
  for (const int threads : {2, 3, 7}) {
    options.threads = threads;
    CHECK(same(one, quantize(network, calibration, options, images)));
  }
}

TEST_CASE("bias correction makes the mean output the float network's") {
  NetworkBuilder b({4, 6, 6});
  const Network network =
      b.build(b.conv("conv", 0, 6, square_window(3, 1, 1), random_values(6 * 36, 1), random_values(6, 2)));
  const auto images = images_of(network, 8);
  QuantizationOptions options;
  options.nnzb = 1;
  options.bias_correction = true;
  const QuantizedNetwork quantized = quantize(network, calibrate(network, images), options, images);
  Evaluator floats(network);
  const IntegerEvaluator integers(quantized);
  const QuantizedTensor& output = quantized.tensors[quantized.output];
  std::vector<double> error(6, 0.0);
  for (const auto& image : images) {
    const std::vector<float>& expected = floats.run(image);
    const auto found = integers.run(quantize_values(quantized.tensors[quantized.input], image));
    for (std::size_t i = 0; i < found.size(); ++i) error[i / 36] += found[i] * output.scale - expected[i];
  }
  for (const double channel : error) CHECK(std::abs(channel / (36.0 * 8)) < output.scale / 4);
}

TEST_CASE("channels and inputs that are constant or zero quantize") {
  NetworkBuilder b({3, 5, 5});
  std::vector<float> weights = random_values(4 * 27, 1);
  std::fill(weights.begin(), weights.begin() + 27, 0.0F);       // a channel of zeros
  std::fill(weights.begin() + 27, weights.begin() + 54, 0.5F);  // of one value
  const int dead = b.relu("dead", b.conv("conv", 0, 4, square_window(3), weights, {-9, -90, 0, 0}));
  const Network network = b.build(b.conv("out", dead, 2, square_window(3), random_values(2 * 36, 2), {0, 0}));
  const std::vector<std::vector<float>> images(3, std::vector<float>(75, 0.0F));
  const QuantizedNetwork quantized = quantize(network, calibrate(network, images), compensated(1), images);
  CHECK(quantized.layers.front().weights[0] == 0);
}

TEST_CASE("a method that needs images says so, weights that are not finite are named") {
  Network network = branched();
  const auto images = images_of(network, 1);
  const Calibration calibration = calibrate(network, images);
  CHECK_THROWS_WITH(quantize(network, calibration, compensated(1)),
                    Catch::Contains("method compensated with bias correction without calibration images"));
  QuantizationOptions undamped = compensated(1);
  undamped.compensation.damping = 0;
  CHECK_THROWS_WITH(quantize(network, calibration, undamped, images),
                    Catch::Contains("damping = 0: accepted: 0.0001 to 1"));
  network.nodes[2].weights[17] = std::nanf("");
  CHECK_THROWS_WITH(quantize(network, calibration),
                    "layer 'deep': weight 17 is nan; accepted: finite values");
}
