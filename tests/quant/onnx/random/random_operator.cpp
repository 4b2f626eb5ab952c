#include "tests/quant/onnx/random/random_operator.h"

#include <onnx/defs/schema.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/quant/onnx/random/operator_maker.h"

#include "tests/quant/onnx/random/random_quantized.h"

namespace bitbalance::test {

using onnx_reference::volume;

OperatorMaker::OperatorMaker(std::string op, std::int64_t opset, std::mt19937& random)
    : op_(std::move(op)), opset_(opset), random_(random) {
  const onnx::OpSchema* schema = onnx::OpSchemaRegistry::Schema(op_, static_cast<int>(opset), "");
  if (schema != nullptr)  // null: younger than the library
    for (const auto& [name, attribute] : schema->attributes()) attributes_.insert(name);
  if (op_.rfind("Reduce", 0) == 0 && opset_ >= kRevision) attributes_.insert("noop_with_empty_axes");
  if (op_ == "AveragePool" && opset_ > kRevision) attributes_.insert("dilations");
  if (op_ == "LpPool" && opset_ >= kRevision) attributes_.insert({"dilations", "ceil_mode"});
  if (op_ == "Swish") attributes_.insert("alpha");
  node_.set_name("tested");
  node_.set_op_type(op_);
  node_.add_output("t");
}

RandomOperator OperatorMaker::make() {
  static const std::map<std::string, void (OperatorMaker::*)()> shapes = {
      {"ArgMax", &OperatorMaker::index_of_extreme},
      {"ArgMin", &OperatorMaker::index_of_extreme},
      {"Attention", &OperatorMaker::attention},
      {"AveragePool", &OperatorMaker::pool},
      {"BatchNormalization", &OperatorMaker::batch_normalization},
      {"BitShift", &OperatorMaker::bit_shift},
      {"BitwiseAnd", &OperatorMaker::bitwise},
      {"BitwiseNot", &OperatorMaker::bitwise},
      {"BitwiseOr", &OperatorMaker::bitwise},
      {"BitwiseXor", &OperatorMaker::bitwise},
      {"CastLike", &OperatorMaker::cast_like},
      {"CenterCropPad", &OperatorMaker::center_crop_pad},
      {"Clip", &OperatorMaker::clip},
      {"Col2Im", &OperatorMaker::columns_to_image},
      {"Compress", &OperatorMaker::compress},
      {"Concat", &OperatorMaker::concat},
      {"Conv", &OperatorMaker::conv},
      {"ConvTranspose", &OperatorMaker::conv},
      {"CumSum", &OperatorMaker::cumulative_sum},
      {"DepthToSpace", &OperatorMaker::blocks},
      {"Det", &OperatorMaker::determinant},
      {"Dropout", &OperatorMaker::dropout},
      {"Einsum", &OperatorMaker::einsum},
      {"Expand", &OperatorMaker::expand},
      {"Flatten", &OperatorMaker::flatten},
      {"Gather", &OperatorMaker::gather},
      {"GatherElements", &OperatorMaker::gather_elements},
      {"GatherND", &OperatorMaker::gather_nd},
      {"Gelu", &OperatorMaker::gelu},
      {"Gemm", &OperatorMaker::gemm},
      {"GRU", &OperatorMaker::recurrent},
      {"GlobalAveragePool", &OperatorMaker::image},
      {"GlobalLpPool", &OperatorMaker::over_plane},
      {"GlobalMaxPool", &OperatorMaker::image},
      {"GridSample", &OperatorMaker::grid_sample},
      {"GroupNormalization", &OperatorMaker::group_normalization},
      {"Hardmax", &OperatorMaker::softmax},
      {"InstanceNormalization", &OperatorMaker::instance_normalization},
      {"IsInf", &OperatorMaker::infinities},
      {"IsNaN", &OperatorMaker::infinities},
      {"LRN", &OperatorMaker::lrn},
      {"LSTM", &OperatorMaker::recurrent},
      {"LayerNormalization", &OperatorMaker::layer_normalization},
      {"LogSoftmax", &OperatorMaker::softmax},
      {"LpNormalization", &OperatorMaker::along_axis},
      {"LpPool", &OperatorMaker::pool},
      {"MatMul", &OperatorMaker::matmul},
      {"MaxPool", &OperatorMaker::pool},
      {"MaxRoiPool", &OperatorMaker::max_roi_pool},
      {"MeanVarianceNormalization", &OperatorMaker::along_axis},
      {"Mod", &OperatorMaker::modulo},
      {"NonMaxSuppression", &OperatorMaker::non_max_suppression},
      {"OneHot", &OperatorMaker::one_hot},
      {"RMSNormalization", &OperatorMaker::rms_normalization},
      {"RNN", &OperatorMaker::recurrent},
      {"Pad", &OperatorMaker::pad},
      {"Reshape", &OperatorMaker::reshape},
      {"Resize", &OperatorMaker::resize},
      {"ReverseSequence", &OperatorMaker::reverse_sequence},
      {"RoiAlign", &OperatorMaker::roi_align},
      {"RotaryEmbedding", &OperatorMaker::rotary_embedding},
      {"Scatter", &OperatorMaker::scatter_elements},
      {"ScatterElements", &OperatorMaker::scatter_elements},
      {"ScatterND", &OperatorMaker::scatter_nd},
      {"Slice", &OperatorMaker::slice},
      {"Softmax", &OperatorMaker::softmax},
      {"SpaceToDepth", &OperatorMaker::blocks},
      {"Split", &OperatorMaker::split},
      {"Squeeze", &OperatorMaker::squeeze},
      {"Tile", &OperatorMaker::tile},
      {"TopK", &OperatorMaker::top_k},
      {"Transpose", &OperatorMaker::transpose},
      {"Trilu", &OperatorMaker::trilu},
      {"Unsqueeze", &OperatorMaker::unsqueeze},
      {"Upsample", &OperatorMaker::resize},
      {"Where", &OperatorMaker::where},
  };
  static const std::set<std::string> logical = {"And", "Not", "Or", "Xor"};
  static const std::set<std::string> several = {
      "GreaterOrEqual", "LessOrEqual", "Add", "Div",   "Equal", "Greater", "Less", "Max",
      "Mean",           "Min",         "Mul", "PRelu", "Pow",   "Sub",     "Sum"};
  static const std::set<std::string> constants = {"Constant", "ConstantOfShape", "EyeLike", "NonZero",
                                                  "Range",    "Shape",           "Size"};
  if (constants.count(op_) != 0) return make_constant();
  if (op_ == "If") return make_branches();
  if (op_ == "Loop") return make_loop();
  if (op_ == "Scan") return make_scan();
  if (op_.rfind("Reduce", 0) == 0) {
    reduce();
  } else if (logical.count(op_) != 0) {
    logic();
  } else if (several.count(op_) != 0) {
    combine();
  } else if (const auto found = shapes.find(op_); found != shapes.end()) {
    (this->*found->second)();
  } else {
    unary();
  }
  return finish();
}

RandomOperator OperatorMaker::make_constant() {
  Tensor found;
  if (op_ == "Constant" || op_ == "ConstantOfShape") {
    found = values(extents(op_ == "Constant" ? integer(0, 3) : integer(1, 3)));
    if (op_ == "ConstantOfShape") {
      const double value = chance() ? small() : 0;
      std::fill(found.values.begin(), found.values.end(), value);
      integers(found.dims);
      if (value == 0) return finish_constant(found, false);
    }
    onnx::AttributeProto& attribute = *node_.add_attribute();
    attribute.set_name("value");
    attribute.set_type(onnx::AttributeProto::TENSOR);
    onnx::TensorProto& tensor = *attribute.mutable_t();
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    if (op_ == "Constant") {
      tensor.mutable_dims()->Assign(found.dims.begin(), found.dims.end());
    } else {
      tensor.add_dims(1);
    }
    for (std::int64_t i = 0; i < volume({tensor.dims().begin(), tensor.dims().end()}); ++i)
      tensor.add_float_data(static_cast<float>(found.values[i]));
    return finish_constant(found, false);
  }
  if (op_ == "Range") {
    floats(Tensor{{}, {small()}});
    floats(Tensor{{}, {small() + 2}});
    floats(Tensor{{}, {chance(4) ? 0.1F : small()}});
  } else if (op_ == "NonZero") {
    Tensor x = values(extents(integer(1, 4)));
    for (double& value : x.values) value = chance() ? 0 : value;
    x.values.back() = 1;
    floats(std::move(x));
  } else {
    floats(values(extents(op_ == "EyeLike" ? 2 : integer(1, 4))));
    maybe("k", integer(-4, 4));
    maybe("start", integer(-5, 5));
    maybe("end", integer(-5, 5));
  }
  const bool is_empty = volume(reference(node_, opset_, pointers())[0].dims) == 0;
  if (is_empty) node_.clear_attribute();
  return finish_constant(reference(node_, opset_, pointers())[0], op_ != "Range" && op_ != "EyeLike");
}

RandomOperator OperatorMaker::finish_constant(const Tensor& found, bool is_integer) {
  RandomOperator result{begin({1}), {0.5F}, found, false};
  *result.model.graph().add_node() = node_;
  if (is_integer) {
    set_attribute(result.model.node("Cast", {"t"}, "f"), "to", std::int64_t{onnx::TensorProto::FLOAT});
  }
  result.model.node("Add", {"x", is_integer ? "f" : "t"}, "y");
  for (double& value : result.expected.values) value += 0.5;
  if (result.expected.dims.empty()) result.expected.dims = {1};
  result.model.output_rank(static_cast<int>(result.expected.dims.size()));
  return result;
}

OnnxBuilder OperatorMaker::begin(const Dims& dims) const {
  OnnxBuilder model(dims, opset_);
  for (const auto& add : constants_) add(model);
  return model;
}

std::vector<const ReferenceTensor*> OperatorMaker::pointers() const {
  std::vector<const Tensor*> result;
  for (const auto& tensor : inputs_) result.push_back(tensor.get());
  return result;
}

RandomOperator OperatorMaker::finish() {
  RandomOperator result{
      begin(image_->dims), {image_->values.begin(), image_->values.end()}, {}, is_training_};
  *result.model.graph().add_node() = node_;
  result.expected = reference(node_, opset_, pointers())[read_];
  constexpr double kExact = 1 << 24;
  for (const double value : result.expected.values) {
    const bool is_beyond = std::abs(value) > kExact || (is_unsigned_ && value < 0);
    result.is_beyond = result.is_beyond || (is_wide_ && is_beyond);
  }
  std::string last = node_.output(static_cast<int>(read_));
  if (is_truth_) {
    set_attribute(result.model.node("Cast", {last}, "f"), "to", std::int64_t{onnx::TensorProto::FLOAT});
    last = "f";
  }
  result.model.node("Neg", {last}, "y");
  for (double& value : result.expected.values)
    if (!has_open_rows_ || value != -1) value = -value;  // rows that are none stay what they are
  result.model.output_rank(static_cast<int>(result.expected.dims.size()));
  return result;
}

RandomOperator random_operator(const std::string& op, std::int64_t opset, std::mt19937& random) {
  return is_quantized_operator(op) ? random_quantized(op, opset, random)
                                   : OperatorMaker(op, opset, random).make();
}

}  // namespace bitbalance::test
