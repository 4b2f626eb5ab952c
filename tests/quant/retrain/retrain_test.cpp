// Training sees what the integers will be: the same function in float, the same weights quantized, gradients
// that pass straight through.
#include "quant/retrain/fake_quantization.h"
#include "quant/retrain/fine_tuning.h"

// libtorch's logging has a CHECK of its own.
#undef CHECK
#include <catch2/catch.hpp>

#include <cmath>

#include "quant/eval/evaluator.h"
#include "quant/method/calibration.h"
#include "quant/method/quantizer.h"
#include "tests/quant/ir/network_builder.h"

using namespace bitbalance;
using namespace bitbalance::retrain;
using namespace bitbalance::test;

namespace {

/// Every operator that can be trained: strides, groups, dilation, padding of one side, both averages.
Network varied_network() {
  NetworkBuilder builder({2, 9, 9});
  Window lopsided = square_window(3, 2);
  lopsided.pad_bottom = 1;
  lopsided.pad_right = 1;
  const int first = builder.relu("relu1", builder.conv("first", 0, 6, square_window(3, 1, 1),
                                                       random_values(108, 1), random_values(6, 2)));
  const int grouped = builder.conv("grouped", first, 6, square_window(3, 1, 2, 2), random_values(162, 3),
                                   random_values(6, 4), 2);
  const int sum = builder.relu("relu2", builder.add("sum", grouped, first));
  const int joined = builder.concat("joined", {sum, first});
  const int pooled = builder.pool("max", Op::kMaxPool, joined, lopsided);
  const int mean = builder.pool("mean", Op::kAvgPool, pooled, square_window(3, 1, 1));
  const int all = builder.pool("mean_of_all", Op::kAvgPool, mean, square_window(3, 1, 1), true);
  return builder.build(
      builder.conv("classes", all, 3, square_window(4), random_values(576, 5), random_values(3, 6)));
}

std::vector<std::vector<float>> some_images() {
  return {random_values(162, 7), random_values(162, 8)};
}

QuantizationOptions options_of(int nnzb, TokenForm form = TokenForm::kBinary) {
  QuantizationOptions options;
  options.nnzb = nnzb;
  options.token_form = form;
  return options;
}

TrainableNetwork trainable(const Network& network, const QuantizationOptions& options) {
  return {network, quantize(network, calibrate(network, some_images()), options)};
}

/// Two classes of 9x9 images: bright above or bright below.
ImageSet two_classes() {
  ImageSet set;
  set.count = 64;
  set.height = set.width = 9;
  set.channels = 2;
  for (int image = 0; image < set.count; ++image) {
    set.labels.push_back(image % 2);
    for (int i = 0; i < 162; ++i) {
      const bool below = i % 81 >= 45;
      set.pixels.push_back(
          static_cast<std::uint8_t>((below == (image % 2 == 1) ? 200 : 20) + (image * 7 + i) % 50));
    }
  }
  return set;
}

FineTuningOptions short_training() {
  FineTuningOptions options;
  options.epochs = 6;
  options.batch = 16;
  options.peak_rate = 0.02;
  options.shift = 1;
  return options;
}

}  // namespace

TEST_CASE("in float a network to be trained is the evaluator's") {
  const Network network = varied_network();
  const TrainableNetwork trainable_network = trainable(network, options_of(3));
  Evaluator evaluator(network);
  for (const std::vector<float>& image : some_images()) {
    const std::vector<float>& expected = evaluator.run(image);
    const torch::Tensor actual = trainable_network.forward(torch::tensor(image).reshape({1, 2, 9, 9}), false);
    REQUIRE(actual.numel() == static_cast<std::int64_t>(expected.size()));
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(actual[0][static_cast<std::int64_t>(i)].item<float>() == Approx(expected[i]).margin(1e-4));
  }
}

TEST_CASE("weights in training are those that the quantizer makes of them") {
  const int nnzb = GENERATE(1, 2, 3);
  const TokenForm form = GENERATE(TokenForm::kBinary, TokenForm::kSignedDigit);
  const Network network = varied_network();
  const QuantizedNetwork quantized =
      quantize(network, calibrate(network, some_images()), options_of(nnzb, form));
  for (const Node& node : network.nodes) {
    if (node.op != Op::kConv) continue;
    for (const QuantizedLayer& layer : quantized.layers) {
      if (layer.name != node.name) continue;
      const auto filters = static_cast<std::int64_t>(node.bias.size());
      const torch::Tensor weights = torch::tensor(node.weights).reshape({filters, -1});
      const torch::Tensor grid = fake_quantize(weights, layer).contiguous();
      const std::size_t filter = node.weights.size() / node.bias.size();
      for (std::size_t i = 0; i < node.weights.size(); ++i)
        REQUIRE(grid.data_ptr<float>()[i] ==
                Approx(layer.weights[i] * layer.weight_scale[i / filter]).margin(1e-6));
    }
  }
}

TEST_CASE("gradients pass straight through within the range") {
  QuantizedTensor format;
  format.bits = 8;
  format.is_signed = false;
  format.scale = 0.1;
  const torch::Tensor values = torch::tensor({-0.3F, 0.04F, 0.06F, 25.5F, 26.0F}).requires_grad_();
  const torch::Tensor quantized = fake_quantize(values, format);
  const std::vector<float> expected = {0, 0, 0.1F, 25.5F, 25.5F};
  quantized.sum().backward();
  const std::vector<float> gradient = {0, 1, 1, 1, 0};
  for (int i = 0; i < 5; ++i) {
    CHECK(quantized[i].item<float>() == Approx(expected[i]).margin(1e-5));
    CHECK(values.grad()[i].item<float>() == gradient[i]);
  }
}

TEST_CASE("training lowers the loss and repeats byte for byte") {
  torch::set_num_threads(1);
  const auto train = [](std::vector<double>& losses) {
    TrainableNetwork network = trainable(varied_network(), options_of(1));
    fine_tune(
        network, two_classes(), short_training(), [&](int, double loss) { losses.push_back(loss); },
        [](double) {});
    return network.network();
  };
  std::vector<double> losses;
  std::vector<double> again;
  const Network first = train(losses);
  const Network second = train(again);
  CHECK(losses.back() < losses.front());
  CHECK(losses == again);
  for (std::size_t i = 0; i < first.nodes.size(); ++i) {
    CHECK(first.nodes[i].weights == second.nodes[i].weights);
    CHECK(first.nodes[i].bias == second.nodes[i].bias);
  }
}

TEST_CASE("training refuses labels without a class, wrong images and options out of range") {
  TrainableNetwork network = trainable(varied_network(), options_of(2));
  const auto refused = [&](const ImageSet& images, const FineTuningOptions& options) {
    CHECK_THROWS_AS(fine_tune(
                        network, images, options, [](int, double) {}, [](double) {}),
                    std::invalid_argument);
  };
  ImageSet images = two_classes();
  images.labels[5] = 3;
  refused(images, short_training());
  images = two_classes();
  images.channels = 1;
  refused(images, short_training());
  images = two_classes();
  images.labels.clear();
  refused(images, short_training());
  FineTuningOptions options = short_training();
  options.batch = 65;
  refused(two_classes(), options);
  options = short_training();
  options.distillation = 1.5;
  refused(two_classes(), options);
}

TEST_CASE("a network with layers that run on the host is not trained") {
  NetworkBuilder builder({2, 1, 1});
  const int conv = builder.conv("conv", 0, 2, square_window(1), random_values(4, 1), random_values(2, 2));
  const Network network = builder.build(builder.softmax("probabilities", conv));
  const QuantizedNetwork quantized =
      quantize(network, calibrate(network, {random_values(2, 3)}), options_of(2));
  CHECK_THROWS_WITH(TrainableNetwork(network, quantized), Catch::Contains("probabilities"));
}
