// The graph of random_graph.h while it is being drawn: tensors so far, and the ways to add nodes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "quant/onnx/write/writer.h"
#include "tests/support/random/random_draw.h"
#include "tests/support/random/random_model.h"

namespace bitbalance::test {

class GraphDraw : protected RandomDraw {
 public:
  explicit GraphDraw(std::uint64_t seed);

  RandomModel make();

  /// A tensor; the first dimension is the batch, 1.
  struct Value {
    std::string name;
    Dims dims;
    bool is_exact = false;  ///< the same bits in every runtime

    std::int64_t elements() const { return element_count(dims); }
    std::int64_t rank() const { return static_cast<std::int64_t>(dims.size()); }
  };
  using Draw = Value (GraphDraw::*)(const std::string& op, const Value& from);
  struct Operator {
    int since;  ///< operator set from which it is drawn
    Draw draw;
    int until = 99;
  };
  static const std::map<std::string, Operator>& operators();

 private:
  static constexpr std::int64_t kMostElements = 400;

  // Frame.
  Value node(const std::string& op, const std::vector<std::string>& inputs, Dims dims, bool is_exact = false);
  onnx::NodeProto& last() { return *writer_.graph().mutable_node(writer_.graph().node_size() - 1); }
  /// A constant, in any of the ways that lead to one.
  std::string floats(const Dims& dims, const std::vector<float>& values);
  std::string normals(const Dims& dims, double mean, double deviation);
  std::string number(float value) { return floats(chance(0.5) ? Dims{} : Dims{1}, {value}); }
  std::string integers(const Dims& values);
  bool has(int opset) const { return opset_ >= opset; }
  /// With a list that was an attribute before operator set `since` and is an input from then on.
  Value with_list(const std::string& op, const Value& from, const std::string& name, const Dims& values,
                  int since, Dims dims);
  Value apply(const std::string& op, const Value& from);
  /// Within a few units, whatever it was.
  Value calm(const Value& from);
  Value view(const Value& from, Dims dims);
  Value image(const Value& from);  ///< 1 x C x H x W
  Value space(const Value& from);  ///< of one to three dimensions of space
  Value matrix(const Value& from);
  const Value& older(const Value& like);  ///< of the same extents, maybe itself
  /// The model's: `last`, and now and then others that are more than the input's elements in another order.
  std::vector<Value> outputs(const Value& last);
  std::int64_t axis(const Value& from) { return uniform(1, static_cast<int>(from.rank()) - 1); }
  std::int64_t spelled(std::int64_t axis, const Value& from) {
    return chance(0.3) ? axis - from.rank() : axis;
  }

  // Layers of the accelerator, and what joins them.
  Value conv(const std::string& op, const Value& from);
  Value conv_transpose(const std::string& op, const Value& from);
  Value product(const std::string& op, const Value& from);
  Value pool(const std::string& op, const Value& from);
  Value global_pool(const std::string& op, const Value& from);
  Value normalization(const std::string& op, const Value& from);
  Value relu6(const std::string& op, const Value& from);
  Value clip(const std::string& op, const Value& from);

  // Functions of each element.
  Value smooth(const std::string& op, const Value& from);
  Value of_positive(const std::string& op, const Value& from);
  Value of_bounded(const std::string& op, const Value& from);
  Value stepwise(const std::string& op, const Value& from);
  Value binary(const std::string& op, const Value& from);
  Value choice(const std::string& op, const Value& from);
  Value rest(const std::string& op, const Value& from);
  Value truth(const std::string& op, const Value& from);
  Value condition(const std::string& op, const Value& from);
  /// An exact tensor, of the same extents if that is possible, between the places where exact ones jump.
  Value between(const Value& from);

  // If.
  struct Condition {
    std::string name;
    std::optional<bool> taken;  ///< nothing: the image decides
  };
  Condition branch_condition(const Value& from);
  Value branch(onnx::GraphProto& graph, const Value& from, const Dims* wanted);
  Value branches(const std::string& op, const Value& from);
  Value loop(const std::string& op, const Value& given);

  // Indices.
  Value index_of_extreme(const std::string& op, const Value& from);
  Value one_hot(const std::string& op, const Value& from);
  std::string integers(const Dims& dims, const Dims& values);
  std::string places(const Dims& dims, std::int64_t extent);
  Value gather_elements(const std::string& op, const Value& from);
  Value gather_nd(const std::string& op, const Value& from);
  Value scatter(const std::string& op, const Value& from);
  Value top_k(const std::string& op, const Value& from);
  Value running_sum(const std::string& op, const Value& from);
  Value triangle(const std::string& op, const Value& from);
  Value known_places(const std::string& op, const Value& from);
  Value reversed(const std::string& op, const Value& from);
  Value hard_maximum(const std::string& op, const Value& from);
  Value einsum(const std::string& op, const Value& from);

  // Samples, and bits.
  Value sampled(const std::string& op, const Value& from);
  Value centered(const std::string& op, const Value& from);
  Value from_columns(const std::string& op, const Value& from);
  Value largest_of_regions(const std::string& op, const Value& from);
  Value regions(const std::string& op, const Value& from);
  Value chosen_boxes(const std::string& op, const Value& from);
  Value attention(const std::string& op, const Value& from);
  Value turned(const std::string& op, const Value& from);
  Value determinant(const std::string& op, const Value& from);
  Value bits(const std::string& op, const Value& from);

  // Sums and rows.
  Value reduction(const std::string& op, const Value& from);
  Value along_axis(const std::string& op, const Value& from);
  Value norm(const std::string& op, const Value& from);
  Value recurrent(const std::string& op, const Value& from);

  // Integers that stand for numbers.
  struct Integers {
    std::string name, scale, zero;
    Dims dims;
    int type = onnx::TensorProto::UINT8;
  };
  std::string bytes(int type, const Dims& dims, const std::vector<int>& values);
  Integers quantized_input(bool as_image, bool is_measured);
  Value dequantized(const Integers& integers, bool is_exact);
  Value quantized(const std::string& op, const Value& from);

  // Movement.
  Value reshape(const std::string& op, const Value& from);
  Value squeeze(const std::string& op, const Value& from);
  Value transpose(const std::string& op, const Value& from);
  Value slice(const std::string& op, const Value& from);
  Value split(const std::string& op, const Value& from);
  Value concat(const std::string& op, const Value& from);
  Value gather(const std::string& op, const Value& from);
  Value repeat(const std::string& op, const Value& from);
  Value pad(const std::string& op, const Value& from);
  Value blocks(const std::string& op, const Value& from);
  Value resize(const std::string& op, const Value& from);
  Value filled(const std::string& op, const Value& from);

  OnnxWriter writer_;
  int opset_ = 13;
  std::vector<Value> values_;
  std::map<Dims, std::string> weights_;  ///< of convolutions, by extents
  std::string order_;
};

}  // namespace bitbalance::test
