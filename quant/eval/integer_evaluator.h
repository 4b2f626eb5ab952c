// Executes a quantized network fast enough for thousands of images: the same integers as the golden model's,
// from floating-point kernels whose sums are exact. What quantization methods look through, and what methods
// are compared by before the accelerator has the last word.
#pragma once

#include <cstdint>
#include <vector>

#include "quant/eval/convolve.h"
#include "quant/ir/quantized_network.h"

namespace bitbalance::eval {

/// Elements of tensors of one image, indexed like QuantizedNetwork::tensors, each in the planar order of
/// Shape.
using IntegerTensors = std::vector<std::vector<std::int32_t>>;

/// One layer. Sums never wrap: they are as wide as they need to be.
class LayerEvaluator {
 public:
  /// Keeps references: both must outlive the evaluator.
  LayerEvaluator(const QuantizedNetwork& network, const QuantizedLayer& layer);

  /// Reads the layer's sources and writes its output, and that as a slice of the output's parent. Any number
  /// of threads may run different images.
  void run(IntegerTensors& tensors) const;
  /// What a layer on the host makes of its sources, before it is quantized.
  std::vector<float> host_values(const IntegerTensors& tensors) const;
  const QuantizedLayer& layer() const { return layer_; }

 private:
  std::vector<const std::vector<std::int32_t>*> host_inputs(const IntegerTensors& tensors) const;
  void run_on_host(IntegerTensors& tensors) const;
  template <typename T>
  void convolve(IntegerTensors& tensors) const;
  void pool(IntegerTensors& tensors) const;
  void add(IntegerTensors& tensors) const;
  void look_up(IntegerTensors& tensors) const;

  const QuantizedNetwork& network_;
  const QuantizedLayer& layer_;
  ConvolutionShape shape_;
  bool is_wide_ = false;  ///< are sums exact only in double?
};

class IntegerEvaluator {
 public:
  /// Keeps a reference.
  explicit IntegerEvaluator(const QuantizedNetwork& network);

  /// The network's output for the input tensor's elements. Throws std::invalid_argument when the image's size
  /// is not the input's. Any number of threads may run different images.
  std::vector<std::int32_t> run(const std::vector<std::int32_t>& image) const;
  /// The same with all tensors.
  IntegerTensors run_all(const std::vector<std::int32_t>& image) const;

  /// A result of the network as real numbers, of all tensors: not quantized, if the host made it.
  std::vector<float> result_values(const IntegerTensors& tensors, int tensor) const;
  /// The network's output so, for the input tensor's elements: what it is judged by.
  std::vector<float> judged_values(const std::vector<std::int32_t>& image) const;

 private:
  const QuantizedNetwork& network_;
  std::vector<LayerEvaluator> layers_;
};

}  // namespace bitbalance::eval
