// Operators that are layers of the accelerator: products, and what fusion makes part of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "quant/ir/window_limits.h"
#include "quant/onnx/graph/graph.h"
#include "quant/onnx/graph/spelling.h"
#include "quant/onnx/operators/layers/channel_transform.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// A product with a constant matrix [out][in] is a convolution: of one row as large as the image, with the
/// inputs in planar order whatever shape they had before flattening; of several, rows become pixels.
void add_product(OnnxGraph& graph, const NodeProto& node, std::vector<float> weights,
                 std::vector<float> bias) {
  Dims dims = graph.dims(node, 0);
  const std::int64_t inputs = dims.back(), rows = element_count(dims) / inputs;
  const int outputs = static_cast<int>(bias.size());
  dims.back() = outputs;
  const auto add_layer = [&](int input, const Shape& shape) {
    Node& layer = graph.add_layer(node, Op::kConv, input, shape, dims);
    layer.weights = std::move(weights);
    layer.bias = std::move(bias);
    return &layer;
  };
  int input = graph.activation(node, 0);
  if (rows == 1) {
    Shape in = graph.shape(input);
    if (in.height > kMostKernel || in.width > kMostKernel) {  // more than a kernel holds: as channels
      in = {static_cast<int>(inputs), 1, 1};
      input = graph.seen_as(node, node.input(0), in, " (features)");
    }
    Node& layer = *add_layer(input, {outputs, 1, 1});
    layer.window.kernel_h = in.height;
    layer.window.kernel_w = in.width;
    graph.note_product(node);
    return;
  }
  HostOperator transpose;
  transpose.type = "Transpose";
  const auto columns = static_cast<int>(rows);
  const int planes = graph.add_host(node, transpose, input, {rows, inputs}, node.input(0) + " (columns)",
                                    {static_cast<int>(inputs), 1, columns});
  const int product = add_layer(planes, {outputs, 1, columns})->output;
  graph.note_product(node);
  const int result =
      graph.add_host(node, transpose, product, {outputs, rows}, node.output(0) + " (rows)", shape_of(dims));
  graph.define(node, node.output(0), {result, dims, {}, false});
}

/// The constant right operand [in][out] (or transposed) of a product as [out][in], times a factor.
std::vector<float> product_weights(const OnnxGraph& graph, const NodeProto& node, bool is_transposed,
                                   float factor) {
  const OnnxValue& right = graph.floats(node, 1);
  const std::int64_t inputs = right.dims[is_transposed ? 1 : 0];
  const std::int64_t outputs = right.dims[is_transposed ? 0 : 1];
  if (graph.dims(node, 0).back() != inputs) {
    graph.model().fail(node, fmt::format("multiplies {} by {}{}; accepted: as many columns as rows",
                                         to_string(graph.dims(node, 0)), to_string(right.dims),
                                         is_transposed ? ", transposed" : ""));
  }
  std::vector<float> weights(inputs * outputs);
  for (std::int64_t m = 0; m < outputs; ++m) {
    for (std::int64_t k = 0; k < inputs; ++k)
      weights[m * inputs + k] = factor * right.constant[is_transposed ? m * inputs + k : k * outputs + m];
  }
  return weights;
}

/// Is the first operand an activation of at least two dimensions, and the second a constant matrix?
bool has_weights(const OnnxGraph& graph, const NodeProto& node) {
  return !graph.is_constant(node, 0) && graph.dims(node, 0).size() >= 2 && graph.is_constant(node, 1) &&
         graph.dims(node, 1).size() == 2;
}

void gemm(OnnxGraph& graph, const NodeProto& node) {
  const bool is_transposed = int_attribute(node, "transB", 0) != 0;
  const bool has_bias = OnnxGraph::has_input(node, 2);
  const std::int64_t outputs = has_weights(graph, node) ? graph.dims(node, 1)[is_transposed ? 0 : 1] : 0;
  const bool fits =
      outputs != 0 && int_attribute(node, "transA", 0) == 0 &&
      (!has_bias || (graph.is_constant(node, 2) && (element_count(graph.dims(node, 2)) == 1 ||
                                                    (element_count(graph.dims(node, 2)) == outputs &&
                                                     graph.dims(node, 2).back() == outputs))));
  if (!fits) {
    import_host_operator(graph, node);
    return;
  }
  std::vector<float> bias(outputs, 0.0F);
  if (has_bias) {
    const std::vector<float>& addend = graph.floats(node, 2).constant;
    const float beta = float_attribute(node, "beta", 1.0F);
    for (std::int64_t m = 0; m < outputs; ++m) bias[m] = beta * addend[addend.size() == 1 ? 0 : m];
  }
  add_product(graph, node, product_weights(graph, node, is_transposed, float_attribute(node, "alpha", 1.0F)),
              std::move(bias));
}

void matmul(OnnxGraph& graph, const NodeProto& node) {
  if (!has_weights(graph, node)) {
    import_host_operator(graph, node);
    return;
  }
  std::vector<float> weights = product_weights(graph, node, false, 1.0F);
  add_product(graph, node, std::move(weights), std::vector<float>(graph.dims(node, 1)[1], 0.0F));
}

/// y = scale[c] * x + bias[c].
void add_affine(OnnxGraph& graph, const NodeProto& node, int x, const Dims& dims, std::vector<float> scale,
                std::vector<float> bias) {
  Node& affine = graph.add_layer(node, Op::kAffine, x, graph.shape(x), dims);
  affine.scale = std::move(scale);
  affine.bias = std::move(bias);
}

/// scale * (x - mean) / sqrt(variance + epsilon) + bias, where one of these is computed.
void normalize_by_computed(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  const OnnxValue x = graph.value(node, 0);
  const auto parameter = [&](int index) {
    OnnxValue value = graph.value(node, index);
    value.dims.assign(x.dims.size(), 1);
    value.dims.at(1) = element_count(graph.dims(node, index));
    return value;
  };
  const OnnxValue epsilon = Spelling::number(float_attribute(node, "epsilon", 1e-5F));
  const OnnxValue spread = words.step("Sqrt", {words.step("Add", {parameter(4), epsilon})});
  const OnnxValue normal = words.step("Div", {words.step("Sub", {x, parameter(3)}), spread});
  words.result("Add", {words.step("Mul", {normal, parameter(1)}), parameter(2)});
}

void batch_normalization(OnnxGraph& graph, const NodeProto& node) {
  bool is_computed = false;
  for (int i = 1; i < 5; ++i) is_computed = is_computed || !graph.is_constant(node, i);
  if (is_computed && graph.dims(node, 0).size() > 1) {
    normalize_by_computed(graph, node);
    return;
  }
  const float epsilon = float_attribute(node, "epsilon", 1e-5F);
  const bool is_image = graph.dims(node, 0).size() > 2;
  const int input = is_image ? graph.image(node, 0) : graph.features(node, node.input(0));
  const int channels = graph.shape(input).channels;
  const std::vector<float> gamma = graph.per_channel(node, 1, channels);
  const std::vector<float> beta = graph.per_channel(node, 2, channels);
  const std::vector<float> mean = graph.per_channel(node, 3, channels);
  const std::vector<float> variance = graph.per_channel(node, 4, channels);
  Node& affine = graph.add_layer(node, Op::kAffine, input, graph.shape(input), Dims(graph.dims(node, 0)));
  for (int c = 0; c < channels; ++c) {
    const double spread = static_cast<double>(variance[c]) + epsilon;
    if (!(spread > 0)) {
      graph.model().fail(
          node, fmt::format("variance {} of channel {} plus epsilon; accepted: above 0", variance[c], c));
    }
    const double scale = gamma[c] / std::sqrt(spread);
    affine.scale.push_back(static_cast<float>(scale));
    affine.bias.push_back(static_cast<float>(beta[c] - mean[c] * scale));
  }
}

/// A constant operand as one value a channel of the other; empty where it is something else.
std::vector<float> channel_constant(const OnnxGraph& graph, const NodeProto& node, int constant) {
  const Dims& in = graph.dims(node, 1 - constant);
  const OnnxValue& value = graph.floats(node, constant);
  const int channels = graph.shape(graph.activation(node, 1 - constant)).channels;
  if (value.constant.size() == 1 && value.dims.size() <= in.size()) {
    return channels > kMostCopies ? std::vector<float>() : std::vector<float>(channels, value.constant[0]);
  }
  // The channel is dimension 1; constants are aligned to the last one.
  if (in.size() < 2 || in[0] != 1 || in[1] != channels || value.dims.size() > in.size()) return {};
  Dims channel_only(in.size(), 1);
  channel_only[1] = channels;
  Dims aligned(in.size() - value.dims.size(), 1);
  aligned.insert(aligned.end(), value.dims.begin(), value.dims.end());
  return aligned == channel_only ? value.constant : std::vector<float>();
}

/// A constant behind a product of rows joins its bias; false where it does not fit.
bool add_product_bias(OnnxGraph& graph, const NodeProto& node, int constant) {
  const OnnxValue result = graph.value(node, 1 - constant);
  const OnnxValue& addend = graph.floats(node, constant);
  Node* conv = graph.product(node.input(1 - constant));
  if (conv == nullptr || graph.model().readers(node.input(1 - constant)) != 1) return false;
  const auto outputs = static_cast<std::int64_t>(conv->bias.size());
  if (addend.dims.empty() || element_count(addend.dims) != outputs || addend.dims.back() != outputs ||
      result.dims.back() != outputs || addend.dims.size() > result.dims.size())
    return false;
  std::transform(conv->bias.begin(), conv->bias.end(), addend.constant.begin(), conv->bias.begin(),
                 std::plus<>());
  graph.define(node, node.output(0), result);
  graph.pass_product(node.input(1 - constant), node.output(0));
  return true;
}

/// Is the constant of an addition or subtraction a mask: 0 or so, and -1e9, -infinity or the least of half
/// precision? As a bias it would set the scale of what it is added to.
bool is_mask(const OnnxGraph& graph, const NodeProto& node, int constant) {
  constexpr float kMasked = -1e4F;
  const float sign = node.op_type() == "Sub" && constant == 1 ? -1.0F : 1.0F;
  bool masks = false, leaves = false;
  for (const float value : graph.value(node, constant).constant) {
    const float added = sign * value;
    if (std::isnan(added) || added >= -kMasked) return false;
    (added <= kMasked ? masks : leaves) = true;
  }
  return masks && leaves;
}

/// Index of the one constant of two operands; -1: none, or both.
int constant_operand(const OnnxGraph& graph, const NodeProto& node) {
  if (graph.is_constant(node, 0) == graph.is_constant(node, 1)) return -1;
  return graph.is_constant(node, 0) ? 0 : 1;
}

void add(OnnxGraph& graph, const NodeProto& node) {
  const int constant = constant_operand(graph, node);
  if (constant >= 0 && !is_mask(graph, node, constant)) {
    if (add_product_bias(graph, node, constant)) return;
    std::vector<float> bias = channel_constant(graph, node, constant);
    const std::vector<float> scale(bias.size(), 1.0F);
    if (!bias.empty()) {
      add_affine(graph, node, graph.activation(node, 1 - constant), graph.dims(node, 1 - constant), scale,
                 std::move(bias));
      return;
    }
  } else if (!graph.is_constant(node, 0) && !graph.is_constant(node, 1) &&
             graph.dims(node, 0) == graph.dims(node, 1) &&
             graph.shape(graph.activation(node, 0)) == graph.shape(graph.activation(node, 1))) {
    const int input = graph.activation(node, 0), operand = graph.activation(node, 1);
    graph.add_layer(node, Op::kAdd, input, graph.shape(input), graph.dims(node, 0)).operand = operand;
    return;
  }
  import_host_operator(graph, node);
}

/// Subtraction, multiplication and division with a constant a channel.
void scale_by_constant(OnnxGraph& graph, const NodeProto& node) {
  const int constant = constant_operand(graph, node);
  const bool divides = node.op_type() == "Div", subtracts = node.op_type() == "Sub";
  const bool fits = constant >= 0 && !(subtracts && is_mask(graph, node, constant));
  const std::vector<float> values = fits ? channel_constant(graph, node, constant) : std::vector<float>();
  if (values.empty() || (divides && (constant == 0 || std::count(values.begin(), values.end(), 0.0F) != 0))) {
    import_host_operator(graph, node);
    return;
  }
  std::vector<float> scale(values.size(), 1.0F), bias(values.size(), 0.0F);
  for (std::size_t c = 0; c < values.size(); ++c) {
    if (subtracts) {
      scale[c] = constant == 0 ? -1.0F : 1.0F;
      bias[c] = constant == 0 ? values[c] : -values[c];
    } else {
      scale[c] = divides ? 1 / values[c] : values[c];
    }
  }
  add_affine(graph, node, graph.activation(node, 1 - constant), graph.dims(node, 1 - constant),
             std::move(scale), std::move(bias));
}

/// Parts that are channels, one after the other; false where they are something else.
bool concat_channels(OnnxGraph& graph, const NodeProto& node) {
  const std::int64_t axis = int_attribute(node, "axis", 1);
  std::vector<int> parts;
  Shape shape;
  std::int64_t channels = 0;
  Dims dims;
  for (int i = 0; i < node.input_size(); ++i) {
    const OnnxValue& part = graph.value(node, i);
    const std::size_t rank = part.dims.size();
    if (part.tensor < 0 || (rank != 2 && rank != 4) || part.dims[0] != 1 || !is_channel_axis(axis, rank))
      return false;
    const Shape& next = graph.shape(part.tensor);
    if (rank == 4 && part.dims[1] != next.channels) return false;
    if (i == 0) {
      shape = next;
      dims = part.dims;
    } else if (rank != dims.size() || next.height != shape.height || next.width != shape.width) {
      return false;
    } else {
      dims[1] += part.dims[1];
    }
    channels += next.channels;
    checked_count(dims);
    parts.push_back(part.tensor);
  }
  shape.channels = static_cast<int>(channels);
  graph.add_layer(node, Op::kConcat, parts.front(), shape, dims)
      .others.assign(parts.begin() + 1, parts.end());
  return true;
}

void concat(OnnxGraph& graph, const NodeProto& node) {
  if (const std::optional<ChannelTransform> transform = find_channel_transform(graph, node)) {
    const int image = graph.image(node, transform->image);
    add_affine(graph, node, image, graph.known(node, transform->image).dims, transform->scale,
               transform->bias);
  } else if (!concat_channels(graph, node)) {
    import_host_operator(graph, node);
  }
}

/// A bound that is one constant; infinite ones bound nothing.
float constant_bound(const OnnxGraph& graph, const NodeProto& node, int index, float fallback) {
  if (!OnnxGraph::has_input(node, index)) return fallback;
  const std::vector<float>& bound = graph.value(node, index).constant;
  if (bound.size() != 1 || std::isnan(bound[0])) {
    graph.model().fail(node, fmt::format("bound '{}' is {}; accepted: one number", node.input(index),
                                         bound.size() == 1 ? "nan" : fmt::format("{} values", bound.size())));
  }
  return bound[0];
}

/// Bounds that are computed: the larger of the input and one of them, the smaller of that and the other.
void clip_to_computed(OnnxGraph& graph, const NodeProto& node) {
  OnnxValue value = graph.value(node, 0);
  const bool has_both = OnnxGraph::has_input(node, 1) && OnnxGraph::has_input(node, 2);
  for (const int index : {1, 2}) {
    if (!OnnxGraph::has_input(node, index)) continue;
    HostOperator bound;
    bound.type = index == 1 ? "Max" : "Min";
    const std::string name = index == 1 && has_both ? node.output(0) + " (from below)" : node.output(0);
    const OnnxValue& by = graph.value(node, index);
    graph.add_host(node, bound, {&value, &by}, name);
    value = graph.known(node, name);
  }
}

/// What canonical.cpp leaves: bounds that are computed, and those that are none.
void clip(OnnxGraph& graph, const NodeProto& node) {
  for (const int index : {1, 2}) {
    if (!OnnxGraph::has_input(node, index) || graph.is_constant(node, index)) continue;
    clip_to_computed(graph, node);
    return;
  }
  const Node any;
  const float low = constant_bound(graph, node, 1, float_attribute(node, "min", any.low));
  const float high = constant_bound(graph, node, 2, float_attribute(node, "max", any.high));
  graph.model().fail(node, fmt::format("clips to {} .. {}; accepted: numbers", low, high));
}

}  // namespace

OnnxHandlers layer_handlers() {
  OnnxHandlers handlers = {
      {"Add", add},
      {"BatchNormalization", batch_normalization},
      {"Clip", clip},
      {"Concat", concat},
      {"Div", scale_by_constant},
      {"Gemm", gemm},
      {"MatMul", matmul},
      {"Mul", scale_by_constant},
      {"Sub", scale_by_constant},
  };
  handlers.merge(windowed_handlers());
  return handlers;
}

}  // namespace bitbalance::onnx_io
