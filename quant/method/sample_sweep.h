// Calibration images on their way through a network that is being quantized: the float network's values and
// the integers of the layers done so far, side by side. Holds only what is still to be read.
#pragma once

#include <vector>

#include "quant/eval/evaluator.h"
#include "quant/eval/integer_evaluator.h"
#include "quant/ir/network.h"
#include "quant/ir/quantized_network.h"
#include "quant/method/layers/fusion.h"
#include "quant/method/weights/layer_statistics.h"

namespace bitbalance::method {

class SampleSweep {
 public:
  /// Keeps a reference to the network. `follow_integers`: layers see what the quantized layers before them
  /// make; else what the float network does. `threads` as in parallel_for.
  SampleSweep(const Network& network, const std::vector<FusedLayer>& layers,
              const std::vector<std::vector<float>>& images, bool follow_integers, int threads);

  /// When the network's input has its format.
  void quantize_inputs(const QuantizedTensor& input, int index);

  /// Of the inputs of a convolution whose turn it is; `index` and `input`: its quantized input tensor.
  std::vector<InputMoments> moments(const FusedLayer& layer, const QuantizedTensor& input, int index,
                                    bool squares);

  /// Goes on behind a layer: `layer` of `network` is its integer form, with its output in the network.
  void advance(const FusedLayer& fused, const QuantizedNetwork& network, const QuantizedLayer& layer);

 private:
  void evaluate_until(int tensor);
  void float_was_read(int tensor);

  const Network& network_;
  bool follow_integers_;
  int threads_;
  std::vector<Evaluator> floats_;         ///< one an image
  std::vector<IntegerTensors> integers_;  ///< one an image
  std::size_t next_node_ = 0;             ///< of the float network
  std::vector<int> float_readers_;        ///< by tensor: nodes and convolutions that are still to read it
  std::vector<int> integer_readers_;      ///< by float tensor: layers that are still to read it
};

}  // namespace bitbalance::method
