// A float network as a function of torch tensors, with or without what quantization does to it, so that its
// weights can learn to live with few non-zero bits.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "quant/ir/network.h"
#include "quant/ir/quantized_network.h"
#include "quant/retrain/names.h"

namespace bitbalance::retrain {

class TrainableNetwork {
 public:
  /// `network` holds no kAffine (see fold_affine); `quantized` is what quantize() made of it: formats of
  /// activations, weight bits and nnzb of each layer. Throws std::invalid_argument naming a node that cannot
  /// be trained: LRN, Softmax.
  TrainableNetwork(Network network, QuantizedNetwork quantized);
  TrainableNetwork(const TrainableNetwork&) = delete;
  TrainableNetwork& operator=(const TrainableNetwork&) = delete;

  /// Weights and biases, in the order of the nodes.
  const std::vector<torch::Tensor>& parameters() const { return parameters_; }

  /// Output [n][channels] (of 1x1 pixels) for images [n][channels][height][width]. `quantized`: weights and
  /// activations on their integer grids.
  torch::Tensor forward(const torch::Tensor& images, bool quantized) const;

  /// The float network with the weights and biases of now.
  Network network() const;
  /// As given: formats, not the weights of now.
  const QuantizedNetwork& quantized() const { return quantized_; }

 private:
  struct Convolution {
    torch::Tensor weights;  ///< [out_channels][in_channels / groups][kernel_h][kernel_w]
    torch::Tensor bias;
    const QuantizedLayer* layer = nullptr;
  };

  torch::Tensor evaluate(const Node& node, const std::vector<torch::Tensor>& values, bool quantized) const;
  torch::Tensor convolve(const Node& node, const torch::Tensor& input, bool quantized) const;

  Network network_;
  const QuantizedNetwork quantized_;
  std::vector<const QuantizedTensor*> formats_;  ///< by tensor; nullptr: never leaves a layer
  std::vector<Convolution> convolutions_;        ///< by node; undefined tensors for others
  std::vector<torch::Tensor> parameters_;
};

}  // namespace bitbalance::retrain
