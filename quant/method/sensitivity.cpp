#include "quant/method/sensitivity.h"

#include <cstddef>

#include "base/process/parallel.h"
#include "quant/eval/evaluator.h"

namespace bitbalance::method {
namespace {

struct Powers {
  double signal = 0;
  std::vector<double> noise;  ///< by convolution
};

Powers powers_of(const Network& network, const Network& changed, const std::vector<float>& image) {
  Evaluator reference(network);
  Powers powers;
  const std::vector<float> expected = reference.run(image);
  for (const float value : expected) powers.signal += value * value;
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    if (network.nodes[n].op != Op::kConv) continue;
    Evaluator other = reference;
    other.evaluate(changed.nodes[n]);
    for (std::size_t later = n + 1; later < network.nodes.size(); ++later)
      other.evaluate(network.nodes[later]);
    const std::vector<float>& found = other.values(network.output);
    double& noise = powers.noise.emplace_back(0);
    for (std::size_t i = 0; i < found.size(); ++i)
      noise += static_cast<double>(found[i] - expected[i]) * (found[i] - expected[i]);
  }
  return powers;
}

}  // namespace

std::vector<double> output_noise(const Network& network, const Network& changed,
                                 const std::vector<std::vector<float>>& images, int threads) {
  std::vector<Powers> powers(images.size());
  parallel_for(static_cast<int>(images.size()), threads,
               [&](int i) { powers[i] = powers_of(network, changed, images[i]); });
  double signal = 0;
  std::vector<double> noise(powers.front().noise.size(), 0.0);
  for (const Powers& image : powers) {
    signal += image.signal;
    for (std::size_t l = 0; l < noise.size(); ++l) noise[l] += image.noise[l];
  }
  for (double& layer : noise) layer = signal > 0 ? layer / signal : 0;
  return noise;
}

}  // namespace bitbalance::method
