#include "tests/support/random/random_model.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/text/enum_index.h"
#include "quant/onnx/write/writer.h"
#include "tests/support/random/random_draw.h"

namespace bitbalance::test {
namespace {

enum class Operation {
  kConvolution,
  kNormalization,
  kRelu,
  kClip,
  kMaxPool,          ///< side by side, which a convolution before it can take in
  kOverlappingPool,  ///< of maxima
  kAveragePool,
  kGlobalPool,
  kAdd,
  kConcatenation,
  kFlattening,  ///< or the way back to an image
};
constexpr int kOperations = 11;

/// Operations after which a tensor has the extents that it had.
constexpr Operation kKeepsExtents[] = {Operation::kConvolution, Operation::kNormalization, Operation::kRelu,
                                       Operation::kClip, Operation::kOverlappingPool};

/// A tensor of the model: an image, or the same values as 1 x features.
struct Value {
  std::string name;
  Shape shape;
  bool is_flat = false;

  /// Of the same rank and pixels.
  bool is_like(const Value& o) const {
    return is_flat == o.is_flat && shape.height == o.shape.height && shape.width == o.shape.width;
  }
};

class ModelDraw : private RandomDraw {
 public:
  explicit ModelDraw(std::uint64_t seed) : RandomDraw(seed), writer_("random") {
    opset_ = pick({10, 13});
    writer_.set_version(opset_, 7);
    has_rows_ = chance(0.85);
    // A number without factors in common with kOrders: consecutive seeds differ in all operations.
    const int order = static_cast<int>(seed * 797 % kOrders);
    if (chance(0.75)) operations_.push_back(Operation::kConvolution);
    for (int divisor = 1; divisor < kOrders; divisor *= kOperations)
      operations_.push_back(static_cast<Operation>(order / divisor % kOperations));
    for (int more = uniform(0, 3); more > 0; --more)
      operations_.push_back(static_cast<Operation>(uniform(0, kOperations - 1)));
  }

  RandomModel make() {
    RandomModel model;
    Value value{"input", {uniform(1, 4), has_rows_ ? uniform(3, 9) : 1, uniform(3, 9)}};
    declare(*writer_.graph().add_input(), value);
    const bool is_positive = chance(0.5);
    for (int n = 0; n < kImages; ++n) {
      std::vector<float>& image = model.images.emplace_back(value.shape.elements());
      for (float& pixel : image) pixel = static_cast<float>(real(is_positive ? 0 : -2, 2));
    }
    values_.push_back(value);
    for (const Operation operation : operations_) {
      model.order += (model.order.empty() ? "" : " ") + name_of(operation);
      value = apply(operation, value);
      if (chance(0.04)) value = on_host(value);
      if (chance(0.2)) value = function(value);
      if (chance(0.05)) static_cast<void>(relu(value));  // that nobody reads
    }
    declare(*writer_.graph().add_output(), value);
    std::ostringstream file;
    writer_.write(file);
    model.onnx = file.str();
    return model;
  }

 private:
  static constexpr int kImages = 3;
  static constexpr int kMostChannels = 10;

  static std::string name_of(Operation operation) {
    constexpr const char* kNames[] = {"conv",    "bn",         "relu", "clip",   "maxpool", "overlapping",
                                      "avgpool", "globalpool", "add",  "concat", "flatten"};
    return kNames[enum_index(operation)];
  }

  Dims dims(const Value& value) const {
    if (value.is_flat) return {1, value.shape.elements()};
    return spatial({1, value.shape.channels, value.shape.height, value.shape.width});
  }
  /// Of height and width behind other extents.
  Dims spatial(Dims extents) const {
    if (!has_rows_) extents.erase(extents.end() - 2);
    return extents;
  }

  void declare(onnx::ValueInfoProto& info, const Value& value) {
    info.set_name(value.name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : dims(value)) type.mutable_shape()->add_dim()->set_dim_value(dim);
  }

  Value apply(Operation operation, const Value& from) {
    switch (operation) {
      case Operation::kConvolution:
        return convolution(from, false);
      case Operation::kNormalization:
        return normalization(from);
      case Operation::kRelu:
        return relu(from);
      case Operation::kClip:
        return clip(from);
      case Operation::kMaxPool:
        return pool(from, "MaxPool", true);
      case Operation::kOverlappingPool:
        return pool(from, "MaxPool", false);
      case Operation::kAveragePool:
        return pool(from, "AveragePool", chance(0.3));
      case Operation::kGlobalPool:
        return global_pool(from);
      case Operation::kAdd:
        return add(from);
      case Operation::kConcatenation:
        return concatenation(from);
      case Operation::kFlattening:
        return from.is_flat ? as_image(from) : flattened(from);
    }
    return from;
  }

  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs, Value& result) {
    result.name = op + std::to_string(values_.size());
    values_.push_back(result);
    return writer_.add_node(op, "node_" + result.name, inputs, result.name);
  }

  std::string constant(const Dims& dims, const std::vector<float>& values) {
    return writer_.constant("constant", dims, values);
  }
  std::vector<float> normals(std::int64_t count, double mean, double deviation) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(normal(mean, deviation));
    return values;
  }

  Value convolution(const Value& from, bool keeps_extents) {
    Value result = from;
    const Shape& in = from.shape;
    if (from.is_flat) {
      if (!keeps_extents) result.shape = {uniform(1, 8), 1, 1};
      const std::int64_t features = in.elements(), outputs = result.shape.elements();
      const std::string weights =
          constant({outputs, features}, normals(outputs * features, 0, 1 / std::sqrt(features)));
      onnx::NodeProto& gemm =
          node("Gemm", {from.name, weights, constant({outputs}, normals(outputs, 0, 0.3))}, result);
      set_attribute(gemm, "transB", std::int64_t{1});
      return result;
    }
    Window w;
    int groups = 1;
    if (keeps_extents) {
      const int radius = uniform(0, 1);
      w = {2 * radius + 1, 2 * radius + 1, 1, 1, 1, 1, radius, radius, radius, radius};
      if (!has_rows_) flatten(w);
    } else {
      do {
        w.kernel_h = uniform(1, 3), w.kernel_w = uniform(1, 3);
        w.stride_h = pick({1, 1, 2}), w.stride_w = pick({1, 1, 2});
        w.dilation_h = pick({1, 1, 2}), w.dilation_w = pick({1, 1, 2});
        w.pad_top = uniform(0, 1), w.pad_left = uniform(0, 1);
        w.pad_bottom = uniform(0, 1), w.pad_right = uniform(0, 1);
        if (!has_rows_) flatten(w);
        result.shape = w.output_shape(in, uniform(1, 8));
      } while (result.shape.elements() == 0);
      if (chance(0.25)) {
        groups = in.channels;
        result.shape.channels = groups * (in.channels < 4 ? uniform(1, 2) : 1);
      }
    }
    const int inputs = in.channels / groups, outputs = result.shape.channels;
    std::vector<std::string> sources = {
        from.name, constant(spatial({outputs, inputs, w.kernel_h, w.kernel_w}),
                            normals(outputs * inputs * w.area(), 0, 1 / std::sqrt(inputs * w.area())))};
    if (chance(0.7)) sources.push_back(constant({outputs}, normals(outputs, 0, 0.3)));
    onnx::NodeProto& conv = node("Conv", sources, result);
    set_window(conv, w);
    set_attribute(conv, "dilations", spatial({w.dilation_h, w.dilation_w}));
    set_attribute(conv, "group", std::int64_t{groups});
    return result;
  }

  /// The window of a model without rows.
  static void flatten(Window& w) {
    w.kernel_h = w.stride_h = w.dilation_h = 1;
    w.pad_top = w.pad_bottom = 0;
  }
  void set_window(onnx::NodeProto& node, const Window& w) {
    set_attribute(node, "kernel_shape", spatial({w.kernel_h, w.kernel_w}));
    set_attribute(node, "strides", spatial({w.stride_h, w.stride_w}));
    set_attribute(
        node, "pads",
        has_rows_ ? Dims{w.pad_top, w.pad_left, w.pad_bottom, w.pad_right} : Dims{w.pad_left, w.pad_right});
  }

  /// Negative factors too.
  Value normalization(const Value& from) {
    Value result = from;
    const auto channels = static_cast<int>(from.is_flat ? from.shape.elements() : from.shape.channels);
    std::vector<float> variance(static_cast<std::size_t>(channels));
    for (float& v : variance) v = static_cast<float>(real(0.3, 2));
    node("BatchNormalization",
         {from.name, constant({channels}, normals(channels, 0.5, 1)),
          constant({channels}, normals(channels, 0, 0.5)), constant({channels}, normals(channels, 0, 0.5)),
          constant({channels}, variance)},
         result);
    return result;
  }

  /// What the host computes: programs end and begin here.
  Value on_host(const Value& from) {
    Value result = from;
    node("Sin", {from.name}, result);
    return result;
  }

  /// A function of each element, of one operator or spelled in several.
  Value function(const Value& from) {
    Value result = from;
    switch (uniform(0, 3)) {
      case 0: {  // Swish
        Value gate = from;
        node("Sigmoid", {from.name}, gate);
        node("Mul", {from.name, gate.name}, result);
        return result;
      }
      case 1: {  // HardSwish
        Value shifted = from, product = from;
        node("Add", {from.name, constant({1}, {3})}, shifted);
        const Value gate = clip_to(shifted, 0, 6);
        node("Mul", {from.name, gate.name}, product);
        node("Div", {product.name, constant({}, {6})}, result);
        return result;
      }
      case 2: {  // Gelu
        Value scaled = from, error = from, shifted = from, product = from;
        node("Div", {from.name, constant({1}, {1.41421356F})}, scaled);
        node("Erf", {scaled.name}, error);
        node("Add", {error.name, constant({1}, {1})}, shifted);
        node("Mul", {from.name, shifted.name}, product);
        node("Mul", {product.name, constant({1}, {0.5F})}, result);
        return result;
      }
      default:
        node(pick({"Elu", "HardSigmoid", "LeakyRelu", "Selu", "Sigmoid", "Softplus", "Softsign", "Tanh"}),
             {from.name}, result);
        return result;
    }
  }

  Value relu(const Value& from) {
    Value result = from;
    node("Relu", {from.name}, result);
    return result;
  }

  /// Around zero, to one side of it, without one of the bounds, or beyond most values.
  Value clip(const Value& from) {
    const float a = static_cast<float>(real(0.05, 1)), b = static_cast<float>(real(1, 3));
    const auto [low, high] = pick<std::pair<float, float>>({{0, b},
                                                            {-a, a},
                                                            {-b, a},
                                                            {a, b},
                                                            {-b, -a},
                                                            {-kNone, a},
                                                            {-kNone, -a},
                                                            {-a, kNone},
                                                            {a, kNone},
                                                            {3 * b, 4 * b},
                                                            {-4 * b, -3 * b}});
    return clip_to(from, low, high);
  }

  static constexpr float kNone = 99;  ///< a bound that there is not; below, its negative
  Value clip_to(const Value& from, float low, float high) {
    Value result = from;
    const bool has_low = low != -kNone, has_high = high != kNone;
    if (opset_ < 11) {
      onnx::NodeProto& added = node("Clip", {from.name}, result);
      if (has_low) set_attribute(added, "min", low);
      if (has_high) set_attribute(added, "max", high);
    } else {
      std::vector<std::string> sources = {from.name, has_low ? constant({}, {low}) : ""};
      if (has_high) sources.push_back(constant({}, {high}));
      node("Clip", sources, result);
    }
    return result;
  }

  /// Side by side without padding, or anything else whose windows all see an element.
  Value pool(const Value& source, const std::string& op, bool is_side_by_side) {
    const Value from = source.is_flat ? as_image(source) : source;
    const Shape& in = from.shape;
    Window w;
    bool rounds_up = false;
    if (is_side_by_side) {
      w.kernel_h = w.stride_h = uniform(std::min(2, in.height), std::min(3, in.height));
      w.kernel_w = w.stride_w = uniform(std::min(2, in.width), std::min(3, in.width));
    } else {
      do {
        w.kernel_h = uniform(1, 3), w.kernel_w = uniform(1, 3);
        w.stride_h = pick({1, 1, 2, 3}), w.stride_w = pick({1, 1, 2, 3});
        w.pad_top = uniform(0, w.kernel_h - 1), w.pad_left = uniform(0, w.kernel_w - 1);
        w.pad_bottom = uniform(0, w.kernel_h - 1), w.pad_right = uniform(0, w.kernel_w - 1);
        rounds_up = chance(0.4);
        if (!has_rows_) flatten(w);
      } while (!all_see_an_element(w, in, rounds_up));
    }
    Value result = from;
    result.shape = pooled(w, in, rounds_up);
    onnx::NodeProto& added = node(op, {from.name}, result);
    set_window(added, w);
    if (rounds_up) set_attribute(added, "ceil_mode", std::int64_t{1});
    if (op == "AveragePool" && result.shape == pooled(w, in, false) && chance(0.5))
      set_attribute(added, "count_include_pad", std::int64_t{1});
    return result;
  }

  static Shape pooled(Window w, const Shape& in, bool rounds_up) {
    if (rounds_up) {
      w.pad_bottom += w.stride_h - 1;
      w.pad_right += w.stride_w - 1;
    }
    return w.output_shape(in, in.channels);
  }
  static bool all_see_an_element(const Window& w, const Shape& in, bool rounds_up) {
    const Shape fitting = w.output_shape(in, 1), out = pooled(w, in, rounds_up);
    return fitting.elements() > 0 && (out.height - 1) * w.stride_h - w.pad_top < in.height &&
           (out.width - 1) * w.stride_w - w.pad_left < in.width;
  }

  Value global_pool(const Value& source) {
    const Value from = source.is_flat ? as_image(source) : source;
    Value result = from;
    result.shape = {from.shape.channels, 1, 1};
    node(pick({"GlobalAveragePool", "GlobalMaxPool"}), {from.name}, result);
    return result;
  }

  Value flattened(const Value& from) {
    Value result = from;
    result.is_flat = true;
    node("Flatten", {from.name}, result);
    return result;
  }
  Value as_image(const Value& from) {
    Value result = from;
    result.is_flat = false;
    node("Reshape", {from.name, writer_.constant("extents", {has_rows_ ? 4 : 3}, dims(result))}, result);
    return result;
  }

  /// An older tensor of the same rank and pixels, or a branch of one or two operations from it.
  Value companion(const Value& value, int least_channels, int most_channels) {
    std::vector<Value> alike;
    std::copy_if(values_.begin(), values_.end(), std::back_inserter(alike), [&](const Value& v) {
      return v.is_like(value) && v.shape.channels >= least_channels && v.shape.channels <= most_channels;
    });
    Value result = pick(alike);
    for (int n = uniform(0, 2); n > 0; --n) result = extents_kept(result);
    return result;
  }
  Value extents_kept(const Value& from) {
    switch (kKeepsExtents[uniform(0, 4)]) {
      case Operation::kConvolution:
        if (!from.is_flat || from.shape.elements() == from.shape.channels) return convolution(from, true);
        return relu(from);
      case Operation::kNormalization:
        return normalization(from);
      case Operation::kClip:
        return clip(from);
      case Operation::kOverlappingPool:
        return from.is_flat ? relu(from) : pool_in_place(from);
      default:
        return relu(from);
    }
  }
  Value pool_in_place(const Value& from) {
    Value result = from;
    Window w{3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
    if (!has_rows_) flatten(w);
    set_window(node(pick({"MaxPool", "AveragePool"}), {from.name}, result), w);
    return result;
  }

  Value add(const Value& from) {
    Value result = from;
    std::vector<std::string> addends = {from.name};
    if (chance(0.1) && !from.is_flat) {
      addends.push_back(constant(spatial({from.shape.channels, 1, 1}), normals(from.shape.channels, 0, 1)));
    } else {
      addends.push_back(companion(from, from.shape.channels, from.shape.channels).name);
    }
    if (chance(0.5)) std::swap(addends[0], addends[1]);
    node("Add", addends, result);
    return result;
  }

  Value concatenation(const Value& from) {
    Value result = from;
    std::vector<std::string> parts = {from.name};
    for (int n = uniform(1, 2); n > 0; --n) {
      const int room = kMostChannels - result.shape.channels;
      if (room < from.shape.channels) break;
      const Value part = companion(from, 1, room);
      parts.push_back(part.name);
      result.shape.channels += part.shape.channels;
    }
    std::shuffle(parts.begin(), parts.end(), engine());
    set_attribute(node("Concat", parts, result), "axis", std::int64_t{1});
    return result;
  }

  OnnxWriter writer_;
  int opset_ = 13;
  bool has_rows_ = true;  ///< else all images are 1 x channels x width
  std::vector<Operation> operations_;
  std::vector<Value> values_;
};

}  // namespace

RandomModel make_random_model(std::uint64_t seed) {
  return ModelDraw(seed).make();
}

}  // namespace bitbalance::test
