#include "quant/method/sample_sweep.h"

#include <algorithm>
#include <utility>

#include "base/process/parallel.h"
#include "quant/ir/integer_values.h"
#include "quant/method/quantizer.h"

namespace bitbalance::method {
namespace {

/// Tensors of the float network that a layer reads.
std::vector<int> layer_sources(const FusedLayer& layer) {
  if (layer.op == LayerOp::kHost) return sources(*layer.node);
  std::vector<int> read = {layer.input};
  if (layer.operand >= 0) read.push_back(layer.operand);
  return read;
}

}  // namespace

SampleSweep::SampleSweep(const Network& network, const std::vector<FusedLayer>& layers,
                         const std::vector<std::vector<float>>& images, bool follow_integers, int threads)
    : network_(network),
      follow_integers_(follow_integers),
      threads_(threads),
      integers_(images.size()),
      float_readers_(count_uses(network)),
      integer_readers_(network.tensors.size(), 0) {
  for (const int tensor : result_tensors(network)) ++integer_readers_[tensor];
  for (const FusedLayer& layer : layers) {
    if (layer.op == LayerOp::kConv) ++float_readers_[layer.input];
    for (const int tensor : layer_sources(layer)) ++integer_readers_[tensor];
  }
  for (const std::vector<float>& image : images) floats_.emplace_back(network).load(image);
}

void SampleSweep::quantize_inputs(const QuantizedTensor& input, int index) {
  if (!follow_integers_) return;
  for (std::size_t i = 0; i < integers_.size(); ++i) {
    integers_[i].resize(index + 1);
    integers_[i][index] = quantize_values(input, floats_[i].values(network_.input));
  }
}

void SampleSweep::float_was_read(int tensor) {
  if (--float_readers_[tensor] > 0) return;
  for (Evaluator& evaluator : floats_) evaluator.release(tensor);
}

void SampleSweep::evaluate_until(int tensor) {
  while (floats_.front().values(tensor).empty()) {
    const Node& node = network_.nodes[next_node_++];
    parallel_for(static_cast<int>(floats_.size()), threads_, [&](int i) { floats_[i].evaluate(node); });
    for (const int source : sources(node)) float_was_read(source);
  }
}

std::vector<InputMoments> SampleSweep::moments(const FusedLayer& layer, const QuantizedTensor& input,
                                               int index, bool squares) {
  evaluate_until(layer.input);
  const Node& node = *layer.node;
  LayerStatistics statistics(
      {network_.shape(node.input), network_.shape(node.output), node.window, node.groups},
      {squares, follow_integers_}, threads_);
  for (std::size_t i = 0; i < floats_.size(); ++i) {
    const std::vector<float>& values = floats_[i].values(layer.input);
    if (follow_integers_) {
      statistics.add(real_values(input, integers_[i][index]), values);
    } else {
      statistics.add(values, {});
    }
  }
  float_was_read(layer.input);
  return statistics.moments();
}

void SampleSweep::advance(const FusedLayer& fused, const QuantizedNetwork& network,
                          const QuantizedLayer& layer) {
  if (!follow_integers_) return;
  const LayerEvaluator evaluator(network, layer);
  std::vector<int> released;  // tensors of the integer network that nobody reads any more
  const std::vector<int> read = layer_sources(fused);
  std::vector<int> integer_read = host_sources(layer);
  if (layer.operand >= 0) integer_read.push_back(layer.operand);
  for (std::size_t i = 0; i < read.size(); ++i)
    if (--integer_readers_[read[i]] == 0) released.push_back(integer_read[i]);
  if (fused.output < 0 || integer_readers_[fused.output] == 0) released.push_back(layer.output);
  parallel_for(static_cast<int>(integers_.size()), threads_, [&](int i) {
    IntegerTensors& tensors = integers_[i];
    tensors.resize(network.tensors.size());
    evaluator.run(tensors);
    for (const int tensor : released) std::vector<std::int32_t>().swap(tensors[tensor]);
  });
}

}  // namespace bitbalance::method
