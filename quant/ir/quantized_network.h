// A network whose every layer is integer arithmetic: what the quantization front end produces, what the
// golden model executes and what the mapper lowers to commands. docs/numbers.md defines the arithmetic of
// each field.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/shape.h"
#include "quant/host/host_graph.h"
#include "quant/ir/names.h"
#include "quant/ir/output.h"
#include "quant/ir/token_form.h"

namespace bitbalance::ir {

/// A fixed-point factor multiplier / 2^shift. multiplier 0..65535, shift 0..47.
struct Rescale {
  std::uint16_t multiplier = 1;
  std::uint8_t shift = 0;
};

/// An activation tensor: integers q with value = q * scale (symmetric, zero point 0).
struct QuantizedTensor {
  std::string name;
  Shape shape;            ///< of one image
  int bits = 8;           ///< 8 or 16; 16 is always signed
  bool is_signed = true;  ///< range -128..127 or 0..255 at 8 bit
  double scale = 1.0;
  /// Concatenation: this tensor is the channels of tensor `parent` from `channel_offset` on, in the same
  /// format and memory. A parent is no slice itself; -1: not a slice.
  int parent = -1;
  int channel_offset = 0;
};

enum class LayerOp {
  kConv,  ///< convolution, also fully connected (kernel 1x1 on a 1x1 image whose channels are the features)
  kMaxPool,  ///< largest element of the window; padding never wins; output scale = input scale
  kAvgPool,  ///< sum * rescale; `count_include_pad` tells which divisor
  kAdd,      ///< elementwise sum of two tensors, each rescaled
  kLookup,   ///< a table of each element
  kHost,     ///< on the host: a HostGraph of the real values, quantized again
};

/// One integer layer. Fields that an op does not use keep their defaults.
struct QuantizedLayer {
  std::string name;
  LayerOp op = LayerOp::kConv;
  int input = -1;           ///< index into QuantizedNetwork::tensors
  int operand = -1;         ///< kAdd: second addend; kConv: residual added after requantization; -1: none
  std::vector<int> others;  ///< kHost: what follows `input`
  int output = -1;
  Window window;

  // kConv. y = clamp(requant(acc + bias) + requant(operand)), then the table's value if there is one.
  // Weights: [out_channels][in_channels / groups][kernel_h][kernel_w].
  int groups = 1;
  int weight_bits = 8;  ///< 2..16, sign-magnitude: |w| <= 2^(weight_bits - 1) - 1
  int nnzb = 7;         ///< 1..weight_bits - 1; tokens of every weight (in `token_form`) never exceed it
  TokenForm token_form = TokenForm::kBinary;
  std::vector<std::int16_t> weights;
  std::vector<std::int64_t> bias;  ///< one per output channel, in units of input scale * weight scale
  std::vector<Rescale> rescale;    ///< kConv: one per output channel; kAdd: one (input). kAvgPool: entry [n -
                                   ///< 1] divides a sum of n elements, n = 1..kernel_h * kernel_w
  Rescale operand_rescale;         ///< kConv with an operand, kAdd: the operand's
  bool count_include_pad = false;  ///< kAvgPool: always divide by kernel_h * kernel_w

  HostGraph host;  ///< kHost: of `input` and `others`

  int clip_low = -128;  ///< saturation of the result; ReLU and Clip of the graph are folded in here. With a
  int clip_high = 127;  ///< table that of its code, within -128..127 or 0..255 at 8 bit

  /// kLookup, and kConv whose results a function follows: table_entries() results. At 8 bit that of code q is
  /// entry q mod 256; at 16 bit entry i is that of code 256 * i - 32768, and between two of them a straight
  /// line leads. Empty: no function.
  std::vector<std::int16_t> table;

  /// Weight scale per output channel, for reports: real weight = w * weight_scale[m].
  std::vector<double> weight_scale;
};

/// What the accelerator does not do: such a layer runs on the host, see host_layer.h.
inline bool on_host(LayerOp op) {
  return op == LayerOp::kHost;
}

/// Layers in execution order; every tensor is written by one layer at most, `input` by none, a tensor with
/// slices by its slices' layers, which cover it.
struct QuantizedNetwork {
  std::string name;
  std::vector<QuantizedTensor> tensors;
  std::vector<QuantizedLayer> layers;
  int input = 0;
  int input_type = kFloat32;    ///< of the input's elements in the model's file
  int output = 0;               ///< that is judged: the first of `outputs`
  std::vector<Output> outputs;  ///< empty: `output` alone
};

/// Entries of a layer's table, if its results have `bits`.
constexpr int table_entries(int bits) {
  return bits == 8 ? 256 : 257;
}

/// Every tensor that a layer on the host reads, in order.
std::vector<int> host_sources(const QuantizedLayer& layer);

/// Multiplications of one image: output elements * kernel area * input channels of a group; those of a layer
/// on the host are HostGraph::macs(). 0 for other ops.
std::int64_t macs(const QuantizedNetwork& network, const QuantizedLayer& layer);

/// Throws std::invalid_argument, naming layer and field, when an index, a shape, a weight's magnitude or its
/// number of tokens breaks what is said above.
void validate(const QuantizedNetwork& network);

}  // namespace bitbalance::ir
