// Which operators of a float network become one integer layer: clipping joins the layer before it, an
// addition and then a look-up join the convolution before them, and concatenation is where its inputs' layers
// write to.
#pragma once

#include <limits>
#include <vector>

#include "quant/ir/network.h"
#include "quant/ir/quantized_network.h"
#include "quant/method/names.h"

namespace bitbalance::method {

/// One integer layer to be; tensors are indices of the float network.
struct FusedLayer {
  LayerOp op = LayerOp::kConv;
  const Node* node = nullptr;  ///< what the layer computes before addition and clipping; a kConcat: a copy
  int input = -1;
  int operand = -1;
  int output = -1;  ///< -1: only the slice
  const Node* lookup =
      nullptr;             ///< the kLookup that ends the layer, or is all of it; `low`, `high`: of its code
  int concat = -1;         ///< the concatenation's result, of which the output is a slice; -1: of none
  int channel_offset = 0;  ///< of that slice
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

/// Layers in execution order, pointing into `network`, which must hold no kAffine (see fold_affine). Only a
/// result that nobody else reads is fused; a clip that cannot be is a 1x1 max pooling, which moves values and
/// saturates them. An input of a concatenation becomes a slice of the result where one layer with a free
/// scale writes it for this purpose; else a layer copies and rescales it, as 1x1 average pooling.
std::vector<FusedLayer> fuse(const Network& network);

}  // namespace bitbalance::method
