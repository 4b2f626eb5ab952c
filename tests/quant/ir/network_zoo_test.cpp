// The networks of the zoo: the totals that the literature gives, and that their activations stay in range.
#include "quant/ir/network_zoo.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "quant/eval/evaluator.h"
#include "tests/support/names.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

struct Totals {
  const char* network;
  std::int64_t conv_macs;
  std::int64_t conv_weights;
  std::int64_t fc_macs;  // = weights
  int conv_layers;
};

bool is_fully_connected(const Network& network, const Node& node) {
  const Shape& out = network.shape(node.output);
  return out.height == 1 && out.width == 1;
}

double deviation(const std::vector<float>& values) {
  double squares = 0;
  for (const float v : values) squares += static_cast<double>(v) * v;
  return std::sqrt(squares / static_cast<double>(values.size()));
}

}  // namespace

TEST_CASE("networks of the zoo have the published totals") {
  const auto expected = GENERATE(Totals{"alexnet", 665'784'864, 2'332'704, 58'621'952, 5},
                                 Totals{"vgg16", 15'346'630'656, 14'710'464, 123'633'664, 13},
                                 Totals{"resnet50", 3'855'925'248, 23'454'912, 2'048'000, 53},
                                 Totals{"googlenet", 1'581'647'872, 5'966'272, 1'024'000, 57});
  CAPTURE(expected.network);
  const Network network = zoo_network(expected.network);
  CHECK(network.name == expected.network);
  Totals found{expected.network, 0, 0, 0, 0};
  for (const Node& node : network.nodes) {
    if (node.op != Op::kConv) continue;
    const auto weights = static_cast<std::int64_t>(node.weights.size());
    if (is_fully_connected(network, node)) {
      found.fc_macs += weights;
    } else {
      const Shape& out = network.shape(node.output);
      found.conv_macs += weights * out.height * out.width;
      found.conv_weights += weights;
      ++found.conv_layers;
    }
  }
  CHECK(found.conv_macs == expected.conv_macs);
  CHECK(found.conv_weights == expected.conv_weights);
  CHECK(found.fc_macs == expected.fc_macs);
  CHECK(found.conv_layers == expected.conv_layers);
  CHECK(network.shape(network.output) == Shape{1000, 1, 1});
}

TEST_CASE("without fully connected layers a network ends at its last pooling") {
  ZooOptions options;
  options.fully_connected = false;
  CHECK(zoo_network("alexnet", options).tensors.back().shape == Shape{256, 6, 6});
  CHECK(zoo_network("vgg16", options).tensors.back().shape == Shape{512, 7, 7});
  CHECK(zoo_network("resnet50", options).tensors.back().shape == Shape{2048, 1, 1});
  CHECK(zoo_network("googlenet", options).tensors.back().shape == Shape{1024, 1, 1});
}

TEST_CASE("weights repeat with the seed, and follow distribution and scale") {
  ZooOptions options;
  options.fully_connected = false;
  const auto weights = [](const ZooOptions& o) { return zoo_network("alexnet", o).nodes[4].weights; };
  const std::vector<float> plain = weights(options);
  CHECK(weights(options) == plain);
  const double he = std::sqrt(2.0 / (48 * 25));
  CHECK(deviation(plain) == Approx(he).epsilon(0.01));

  options.seed = 2;
  CHECK(weights(options) != plain);
  options.weight_scale = 0.5;
  CHECK(deviation(weights(options)) == Approx(he / 2).epsilon(0.01));
  options.weight_scale = 1;
  options.distribution = WeightDistribution::kLaplace;
  const std::vector<float> laplace = weights(options);
  CHECK(deviation(laplace) == Approx(he).epsilon(0.01));
  const auto mean_magnitude = [](const std::vector<float>& values) {
    double sum = 0;
    for (const float v : values) sum += std::abs(v);
    return sum / static_cast<double>(values.size());
  };
  CHECK(mean_magnitude(plain) == Approx(he * std::sqrt(2 / 3.14159265)).epsilon(0.01));
  CHECK(mean_magnitude(laplace) == Approx(he / std::sqrt(2.0)).epsilon(0.01));
}

TEST_CASE("activations of synthetic networks neither vanish nor explode") {
  const auto name = GENERATE(as<std::string>(), "alexnet", "resnet50", "googlenet");
  CAPTURE(name);
  ZooOptions options;
  options.fully_connected = false;
  const Network network = zoo_network(name, options);
  Evaluator evaluator(network);
  evaluator.run(synthetic_image(network.shape(network.input), 3));
  for (const Node& node : network.nodes) {
    CAPTURE(node.name);
    const double spread = deviation(evaluator.values(node.output));
    CHECK(spread > 0.05);
    CHECK(spread < 20);
  }
}

TEST_CASE("a network that the zoo does not have is refused") {
  CHECK_THROWS_WITH(zoo_network("vgg17"), "network 'vgg17'; accepted: alexnet, vgg16, resnet50, googlenet");
}
