// The networks and images in scenarios/: import, float accuracy and quantization.
#include <catch2/catch.hpp>

#include <filesystem>

#include "quant/eval/evaluator.h"
#include "quant/eval/images/image_set.h"
#include "quant/method/quantizer.h"
#include "quant/onnx/import.h"
#include "tests/support/names.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

const std::filesystem::path scenarios = std::filesystem::path(BITBALANCE_SOURCE_DIR) / "scenarios";

struct Expectation {
  const char* network;
  std::size_t layers;
  std::int64_t macs;
  double least_accuracy;  // of the first 64 images
};

}  // namespace

TEST_CASE("shipped networks import, classify and quantize") {
  const auto expected =
      GENERATE(Expectation{"lenet", 7, 416520, 0.87}, Expectation{"fashion", 10, 7344000, 0.93},
               Expectation{"fashion-resnet", 11, 9345920, 0.93});
  CAPTURE(expected.network);
  const Network network = import_onnx(scenarios / "networks" / (std::string(expected.network) + ".onnx"));
  CHECK(network.name == expected.network);

  const ImageSet set = read_images(scenarios / "data/fashion-256-images.idx3-ubyte",
                                   scenarios / "data/fashion-256-labels.idx1-ubyte");
  Evaluator evaluator(network);
  std::vector<int> predictions;
  for (const std::vector<float>& image : float_images(set, 0, 64))
    predictions.push_back(argmax(evaluator.run(image)));
  CHECK(accuracy(predictions, set.labels) >= expected.least_accuracy);

  const ImageSet samples = read_images(scenarios / "data/fashion-calibration-images.idx3-ubyte");
  const QuantizedNetwork quantized = quantize(network, calibrate(network, float_images(samples, 0, 8)));
  CHECK(quantized.layers.size() == expected.layers);
  std::int64_t total = 0;
  for (const QuantizedLayer& layer : quantized.layers) total += macs(quantized, layer);
  CHECK(total == expected.macs);
  CHECK(quantized.tensors[quantized.input].scale == 1.0 / 255);
  CHECK(quantized.layers[0].name == "conv1");
}
