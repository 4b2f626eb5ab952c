// Functions of the gates of RNN, LSTM and GRU.
#pragma once

#include <vector>

#include "quant/onnx/graph/spelling.h"

namespace bitbalance::onnx_io {

/// ONNX's name of it, and the parameters that it has.
struct Activation {
  std::string name;
  float alpha = 0, beta = 0;
};

/// Those of all directions, one after the other: what `activations`, `activation_alpha` and `activation_beta`
/// say, or the usual ones. A function takes the next parameter of a list if it has one. Refuses others than
/// the standard's, and another number of them.
std::vector<Activation> activations_of(const OnnxGraph& graph, const onnx::NodeProto& node,
                                       const std::vector<std::string>& usual, std::int64_t directions);

OnnxValue activated(Spelling& words, const Activation& by, const OnnxValue& x);

}  // namespace bitbalance::onnx_io
