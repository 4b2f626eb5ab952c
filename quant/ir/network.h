// The float network between the ONNX importer and the quantizer: nodes in execution order over activation
// tensors. Operators are already reduced to a few; constants live in the node that uses them.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/shape.h"
#include "quant/host/host_graph.h"
#include "quant/ir/names.h"
#include "quant/ir/output.h"

namespace bitbalance::ir {

/// Between which values elements are.
struct ValueBounds {
  float low = 0, high = 0;
};

struct Tensor {
  std::string name;
  /// Of one image. A flattened tensor keeps the shape it had before: planar order makes flattening free.
  Shape shape;
  /// Of the values, as a file that is quantized states them; the input is cut to them.
  std::optional<ValueBounds> bounds = {};
};

enum class Op {
  kConv,     ///< convolution; also fully connected: a window as large as the image, without padding
  kAffine,   ///< y = scale[c] * x + bias[c]: batch normalization, addition of a constant per channel
  kClip,     ///< y = min(max(x, low), high): Relu and Clip
  kMaxPool,  ///< padding never wins
  kAvgPool,
  kAdd,     ///< input + operand, equal shapes
  kConcat,  ///< channels of input, then those of `others` in order
  kLookup,  ///< a function of each element of one tensor alone, which a table can hold
  kHost,    ///< anything else, in floating point: see HostGraph
};

/// One operator. Fields that an op does not use keep their defaults.
struct Node {
  std::string name;
  Op op = Op::kConv;
  int input = -1;    ///< index into Network::tensors
  int operand = -1;  ///< kAdd only
  int output = -1;
  std::vector<int> others;  ///< kConcat, kHost: what follows `input`

  Window window;               ///< kConv and pools
  int groups = 1;              ///< kConv
  std::vector<float> weights;  ///< kConv: [out_channels][in_channels / groups][kernel_h][kernel_w]
  std::vector<float> scale;    ///< kAffine: one per channel
  std::vector<float> bias;     ///< kConv: one per output channel; kAffine: one per channel
  /// kAvgPool: divide by the window's area everywhere, not by its valid elements.
  bool count_include_pad = false;

  float low = -std::numeric_limits<float>::infinity();  ///< kClip
  float high = std::numeric_limits<float>::infinity();

  HostGraph host;  ///< kHost, kLookup: of sources(), in their order
};

/// Every tensor that a node reads, in order.
std::vector<int> sources(const Node& node);

/// Nodes in execution order; every tensor is written by one node, except `input`.
struct Network {
  std::string name;  ///< the file's, without directory and extension
  std::vector<Tensor> tensors;
  std::vector<Node> nodes;
  int input = 0;
  Dims input_dims = {};         ///< as the file has the input; empty: as its tensor
  int input_type = kFloat32;    ///< of its elements in the file
  int output = 0;               ///< that is judged: the first of `outputs`
  std::vector<Output> outputs;  ///< empty: `output` alone

  const Shape& shape(int tensor) const { return tensors[tensor].shape; }
};

/// How often each tensor is read; being a result counts as one reading.
std::vector<int> count_uses(const Network& network);

/// Without the nodes and tensors that neither the output nor what it depends on reads; the input stays.
Network without_unread(Network network);

/// Throws std::logic_error unless the kAffine has one scale and one bias for each channel of its input.
void check_affine(const Network& network, const Node& affine);

/// The same function without kAffine: folded into the convolution before it where that has no other reader,
/// else turned into a depthwise 1x1 convolution. Tensors keep their indices and names; one that folding
/// removes stays unused.
Network fold_affine(Network network);

}  // namespace bitbalance::ir
