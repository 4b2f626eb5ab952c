// What quantization did to a network, layer by layer: noise, non-zero bits, and the network itself with the
// weights that the integers stand for.
#pragma once

#include <cstdint>
#include <vector>

#include "quant/ir/network.h"
#include "quant/ir/quantized_network.h"
#include "quant/method/names.h"

namespace bitbalance::method {

/// `network` with the weights and biases of `quantized`, times their scales, in place of its own: what
/// another runtime computes with to check us. Activations stay real. The network is one without kAffine
/// (fold_affine) that `quantized` was made from.
Network dequantized(Network network, const QuantizedNetwork& quantized);

/// 10 log10 of the power of the signal over that of the difference; infinite where there is none.
double sqnr_db(double signal_power, double noise_power);

/// Of the weights of a convolution against those of the node that it was made from.
double weight_sqnr_db(const Node& node, const QuantizedLayer& layer);

/// Of each layer's output over sample images: all that the layers up to there did. A result of the network
/// that the host makes counts as it is, all else by its integers. Indexed like QuantizedNetwork::layers.
std::vector<double> output_sqnr_db(const Network& network, const QuantizedNetwork& quantized,
                                   const std::vector<std::vector<float>>& images);

/// How many weights of the convolutions have 0, 1, 2... tokens, up to 15.
std::vector<std::int64_t> token_histogram(const QuantizedNetwork& network);

/// log2 of the number of weights that have `weight_bits` and at most `nnzb` tokens: the bits a weight needs.
double enumerative_bits(int weight_bits, int nnzb, TokenForm form);

}  // namespace bitbalance::method
